package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

// crew are workers, each a process that is started again when it was killed.
type crew struct {
	names   []string
	mu      sync.Mutex
	running map[string]*exec.Cmd
	killed  int
	cpu     time.Duration
	memory  int64
	cancel  context.CancelFunc
	ended   sync.WaitGroup
}

func (s *settings) hire(ctx context.Context, dir, address, allowed string, names []string) *crew {
	ctx, cancel := context.WithCancel(ctx)
	c := &crew{names: names, running: map[string]*exec.Cmd{}, cancel: cancel}
	for _, name := range names {
		c.ended.Go(func() {
			for ctx.Err() == nil {
				cmd := exec.CommandContext(ctx, s.fleet, "worker", "-name", name, "-reports",
					filepath.Join(dir, "reports-"+name), "-slots", "50", "-allow", allowed)
				cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+address)
				c.work(name, cmd)
			}
		})
	}
	return c
}

func (c *crew) work(name string, cmd *exec.Cmd) {
	c.mu.Lock()
	err := cmd.Start()
	c.running[name] = cmd
	c.mu.Unlock()
	if err != nil {
		time.Sleep(100 * time.Millisecond) // of a process that cannot be started
		return
	}
	cmd.Wait() // it was killed, or told to end
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.memory = max(c.memory, engine.MaxMemory(cmd.ProcessState))
}

// rampage kills a worker now and then, until it is ended.
func (c *crew) rampage(seed uint64, every time.Duration) (end func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		r := rand.New(rand.NewPCG(seed, 1))
		for {
			select {
			case <-done:
				return
			case <-time.After(every/2 + time.Duration(r.Int64N(int64(every)))):
			}
			c.mu.Lock()
			if cmd := c.running[c.names[r.IntN(len(c.names))]]; cmd != nil && cmd.Process != nil &&
				cmd.Process.Kill() == nil {
				c.killed++
			}
			c.mu.Unlock()
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}

// leave ends the workers, and says what all of them used.
func (c *crew) leave() (cpu time.Duration, memory int64) {
	c.cancel()
	c.ended.Wait()
	return c.cpu, c.memory
}

// playFloor is the plain loop over the installations of a fleet file.
func playFloor(ctx context.Context, file string, atOnce int) error {
	fleet, err := fleetfile.Read(file)
	if err != nil {
		return err
	}
	var loop errgroup.Group
	loop.SetLimit(atOnce)
	for _, i := range fleet.Installations {
		loop.Go(func() error {
			u, err := i.Upgrade()
			if err == nil {
				err = i.Unlock(ctx, siteconfig.Reader{}, u)
			}
			if err == nil {
				_, err = u.Run(ctx)
			}
			return err
		})
	}
	return loop.Wait()
}
