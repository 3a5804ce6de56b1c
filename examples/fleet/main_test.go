package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/fakes"
	"github.com/idconnect-go/upgrade/internal/await"
)

// playFleet, in the environment, makes this program the command fleet.
const playFleet = "FLEET_TEST_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(playFleet) != "" {
		main()
		return
	}
	os.Exit(runTests(m))
}

// runTests keeps what runs leave for their user in a folder of the tests.
func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.Setenv("XDG_STATE_HOME", dir)
	await.Beside(4)
	return m.Run()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stage is an engine, installations and workers.
type stage struct {
	dir, file string
	engine    *engine.Engine
	world     *fakes.World
}

// newStage starts an engine, and a fleet of fakes with its file.
func newStage(t *testing.T, o fakes.Options, extra map[string]any) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir()}
	s.file = filepath.Join(s.dir, "fleet.json")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	var err error
	s.engine, err = engine.Start(ctx, s.dir)
	must(t, err)
	t.Cleanup(func() { s.engine.Close() })
	s.world, err = fakes.Start(filepath.Join(s.dir, "world"), o)
	must(t, err)
	t.Cleanup(func() {
		if err := s.world.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, s.world.WriteFleet(s.file, strings.ToLower(t.Name()), extra))
	return s
}

// command is the program as somebody would call it.
func (s *stage) command(ctx context.Context, args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), playFleet+"=1", "TEMPORAL_ADDRESS="+s.engine.Address)
	return cmd
}

// run is a command to its end.
func (s *stage) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	return s.begin(t, args...)()
}

// crew are workers, each a process that is started again when it was killed.
type crew struct {
	mu      sync.Mutex
	running map[string]*exec.Cmd
	killed  int
	ended   sync.WaitGroup
	cancel  context.CancelFunc
}

func (s *stage) hire(t *testing.T, names ...string) *crew {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &crew{running: map[string]*exec.Cmd{}, cancel: cancel}
	for _, name := range names {
		log, err := os.OpenFile(filepath.Join(s.dir, "worker-"+name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		must(t, err)
		c.ended.Go(func() {
			defer log.Close()
			for ctx.Err() == nil {
				c.work(ctx, s, name, log)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		c.ended.Wait()
	})
	return c
}

func (c *crew) work(ctx context.Context, s *stage, name string, log io.Writer) {
	cmd := s.command(ctx, "worker", "-name", name, "-reports", filepath.Join(s.dir, "reports-"+name), "-slots", "10",
		"-allow", s.world.AllowFile())
	cmd.Stdout, cmd.Stderr = log, log
	c.mu.Lock()
	err := cmd.Start()
	c.running[name] = cmd
	c.mu.Unlock()
	if err == nil {
		cmd.Wait()
	}
}

// kill ends a worker by SIGKILL.
func (c *crew) kill(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cmd := c.running[name]; cmd != nil && cmd.Process != nil && cmd.Process.Signal(syscall.SIGKILL) == nil {
		c.killed++
	}
}

// rampage kills workers at instants of a seeded run until it is ended, or so
// many were killed: on a machine where a worker needs longer to start than it
// lives nothing would come to an end.
func (c *crew) rampage(seed uint64, names []string, every time.Duration, most int) (end func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		r := rand.New(rand.NewPCG(seed, 1))
		for range most {
			pause := every/2 + time.Duration(r.Int64N(int64(every)))
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			c.kill(names[r.IntN(len(names))])
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}

// TestFleet: installations on three machines are upgraded while their workers
// are killed; every target receives migrate once. FLEET_TEST_COUNT and
// FLEET_TEST_SEED repeat another run.
func TestFleet(t *testing.T) {
	t.Parallel()
	count, seed := 20, rand.Uint64()
	if text := os.Getenv("FLEET_TEST_COUNT"); text != "" {
		var err error
		count, err = strconv.Atoi(text)
		must(t, err)
	}
	if text := os.Getenv("FLEET_TEST_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("seed %d", seed)
	names := []string{"one", "two", "three"}
	users := 5
	s := newStage(t, fakes.Options{Count: count, Users: users, Workers: names, Pace: 20 * time.Millisecond,
		Carried: map[int]bool{1: true}},
		map[string]any{"atOnce": 20, "stopAbove": "0%", "waves": []any{1, "10%", "rest"}})
	workers := s.hire(t, names...)
	end := workers.rampage(seed, names, 1500*time.Millisecond, 12)
	code, out := s.run(t, "run", "-approve", s.file)
	end()
	t.Logf("exit code %d, %d workers killed\n%s", code, workers.killed, out)
	if code != exitDone {
		_, status := s.run(t, "status", s.file)
		t.Fatalf("exit code %d\n%s\n%s", code, out, status)
	}
	if workers.killed < 3 {
		t.Errorf("only %d workers were killed", workers.killed)
	}
	once := s.world.Once()
	fmt.Printf("%d of %d installations migrated once\n", once, count)
	if once != count {
		for _, f := range s.world.All {
			if !f.Migrated(users) {
				t.Errorf("%s: migrate %d times", f.ID, f.Migrations())
			}
		}
	}
	s.checkHistories(t)
	s.checkLogs(t)
}

// checkLogs looks for secrets in what the workers wrote.
func (s *stage) checkLogs(t *testing.T) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(s.dir, "worker-*.log"))
	must(t, err)
	for _, path := range logs {
		text, err := os.ReadFile(path)
		must(t, err)
		for _, secret := range s.world.Secrets() {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(path), secret)
			}
		}
	}
}
