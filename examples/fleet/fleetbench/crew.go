package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
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

// floorOrder is what the process with the plain loop is told.
type floorOrder struct {
	AtOnce int
	All    []upgradeOf
}

// playFloor is the plain loop.
func playFloor(ctx context.Context, in io.Reader) error {
	var o floorOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	next := make(chan upgradeOf)
	var mu sync.Mutex
	var errs []error
	var wait sync.WaitGroup
	for range o.AtOnce {
		wait.Go(func() {
			for x := range next {
				admin := openidm.Credentials{Password: keystore.NewPassword(x.Password)}
				u := &idconnect.Upgrade{
					SourceDir: x.SourceDir, TargetDir: x.TargetDir, Package: x.Package, JavaHome: x.JavaHome,
					Source:      idconnect.Server{URL: x.Source, Credentials: admin},
					Target:      idconnect.Server{URL: x.Target, Credentials: admin},
					InstanceURL: x.Instance, Checks: preflight.Options{InstanceAddress: "127.0.0.1"},
					Verify: verify.Options{Accept: acceptance.Codes()}, // as in the file of the fleet
				}
				if _, err := u.Run(ctx); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, x := range o.All {
		next <- x
	}
	close(next)
	wait.Wait()
	return errors.Join(errs...)
}
