//go:debug x509negativeserial=1

// Command fleetbench measures what the engine costs. It upgrades many small
// installations through the engine, with real TLS and real files, while workers
// are killed every few seconds, and then the same installations in a plain loop.
//
//	go run ./fleetbench                        # 1,000 installations; 1, 2 and 4 workers
//	go run ./fleetbench -n 100,300,1000 -workers 2
//
// The fakes are this process, workers and engine their own. Our processor time
// is that of workers and of the command fleet run; the floor's is that of the
// process with the loop. The exit code is 1 unless every installation was
// migrated once, every history is clean, and the engine adds less than 0.5 s of
// our processor time to each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	historypb "go.temporal.io/api/history/v1"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/fakes"
	"github.com/idconnect-go/upgrade/examples/fleet/histories"
)

// maxAdded is what the engine may add, in seconds of our processor time for an
// installation.
const maxAdded = 0.5

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "fleetbench:", err)
		os.Exit(1)
	}
}

// settings are those of all runs.
type settings struct {
	atOnce int
	kill   time.Duration
	seed   uint64
	fleet  string // the program
}

// figures are what one run came to.
type figures struct {
	how                 string
	n, once             int
	clean, histories    int
	killed              int
	wall                time.Duration
	ours, engine        time.Duration
	workerMem, histSize int64
	engineMem           int64
}

func bench(ctx context.Context, args []string) error {
	var s settings
	f := flag.NewFlagSet("fleetbench", flag.ContinueOnError)
	counts := f.String("n", "1000", "comma-separated `numbers` of installations")
	crews := f.String("workers", "1,2,4", "comma-separated `numbers` of workers")
	f.IntVar(&s.atOnce, "at-once", 100, "how many installations at once")
	f.DurationVar(&s.kill, "kill", 4*time.Second, "how often a worker is killed, in the mean")
	f.Uint64Var(&s.seed, "seed", 1, "of the instants")
	floor := f.String("floor", "", "internal: only run the plain loop over this `file`")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *floor != "" {
		return playFloor(ctx, *floor, s.atOnce)
	}
	dir, err := os.MkdirTemp("", "fleetbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.fleet = filepath.Join(dir, "fleet")
	build := exec.CommandContext(ctx, "go", "build", "-o", s.fleet, "github.com/idconnect-go/upgrade/examples/fleet")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building fleet: %w\n%s", err, out)
	}
	if _, err := engine.Build(ctx); err != nil {
		return err
	}
	var all []figures
	var wrong []string
	for _, n := range numbers(*counts) {
		floor, err := s.floor(ctx, n)
		if err != nil {
			return err
		}
		all = append(all, floor)
		fmt.Println(floor.line())
		for _, workers := range numbers(*crews) {
			run, err := s.run(ctx, n, workers)
			if err != nil {
				return err
			}
			all = append(all, run)
			fmt.Println(run.line())
			if run.once != n || run.clean != run.histories {
				wrong = append(wrong, run.line())
			}
			if added := (run.ours - floor.ours).Seconds() / float64(n); added > maxAdded {
				wrong = append(wrong,
					fmt.Sprintf("%d installations, %s: the engine adds %.2f s to each", n, run.how, added))
			}
		}
	}
	fmt.Printf("\n%d processors, %s, workers killed every %v in the mean\n\n", runtime.NumCPU(), runtime.Version(),
		s.kill)
	table(all)
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

func numbers(text string) (out []int) {
	for word := range strings.SplitSeq(text, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(word)); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}

func (f figures) line() string {
	s := fmt.Sprintf("%d of %d installations migrated once, %s, in %v", f.once, f.n, f.how, f.wall.Round(time.Second))
	if f.histories > 0 {
		s += fmt.Sprintf("; %d workers killed; %d of %d histories clean", f.killed, f.clean, f.histories)
	}
	return s
}

func table(all []figures) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(w, "| installations | how | time | our CPU for each | added for each | engine's CPU for each "+
		"| a worker's memory | engine's memory | history for each |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	var floor time.Duration
	mib := func(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
	for _, f := range all {
		each := func(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()/float64(f.n)) }
		if f.histories == 0 {
			floor = f.ours
			fmt.Fprintf(w, "| %d | %s | %v | %s | | | %s | | |\n", f.n, f.how, f.wall.Round(time.Second),
				each(f.ours), mib(f.workerMem))
			continue
		}
		fmt.Fprintf(w, "| %d | %s | %v | %s | %s | %s | %s | %s | %d KiB |\n", f.n, f.how, f.wall.Round(time.Second),
			each(f.ours), each(f.ours-floor),
			each(f.engine), mib(f.workerMem), mib(f.engineMem), f.histSize>>10/int64(f.n))
	}
	w.Flush()
}

// world starts a fleet of fakes.
func world(n int, workers []string) (w *fakes.World, dir string, err error) {
	if dir, err = os.MkdirTemp("", "fleetbench"); err != nil {
		return nil, "", err
	}
	if w, err = fakes.Start(filepath.Join(dir, "world"), fakes.Options{Count: n, Workers: workers}); err != nil {
		os.RemoveAll(dir)
	}
	return w, dir, err
}

// run is one fleet by way of the engine.
func (s *settings) run(ctx context.Context, n, workers int) (f figures, err error) {
	var names []string
	for i := range workers {
		names = append(names, fmt.Sprintf("w%d", i+1))
	}
	f = figures{n: n, how: fmt.Sprintf("%d workers", workers)}
	if workers == 1 {
		f.how = "1 worker"
	}
	w, dir, err := world(n, names)
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	defer func() { err = errors.Join(err, w.Close()) }()
	file := filepath.Join(dir, "fleet.json")
	if err := w.WriteFleet(file, "bench",
		map[string]any{"atOnce": s.atOnce, "stopAbove": "0%", "waves": []any{1, "5%", "rest"}}); err != nil {
		return f, err
	}
	e, err := engine.Start(ctx, dir)
	if err != nil {
		return f, err
	}
	defer e.Close()
	crew := s.hire(ctx, dir, e.Address, w.AllowFile(), names)
	end := crew.rampage(s.seed, s.kill)
	began := time.Now()
	cmd := exec.CommandContext(ctx, s.fleet, "run", "-approve", file)
	cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+e.Address)
	out, runErr := cmd.CombinedOutput()
	f.wall = time.Since(began)
	end()
	cpu, mem := crew.leave()
	f.ours, f.workerMem, f.killed = cpu+cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), mem, crew.killed
	f.once = w.Once()
	if runErr != nil {
		return f, fmt.Errorf("fleet run: %w\n%s", runErr, out)
	}
	secrets := w.Secrets()
	err = histories.Read(ctx, e.Address, func(id, _ string, h *historypb.History) error {
		f.histories++
		found, err := histories.Found(h, secrets)
		if err == nil && len(found) == 0 {
			f.clean++
		}
		return err
	})
	f.histSize = e.Size()
	e.Kill()
	f.engine, f.engineMem = e.Used()
	return f, err
}

// floor is the same upgrades by a loop, in a process of its own.
func (s *settings) floor(ctx context.Context, n int) (f figures, err error) {
	f = figures{n: n, how: "a plain Go loop"}
	w, dir, err := world(n, nil)
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	defer func() { err = errors.Join(err, w.Close()) }()
	file := filepath.Join(dir, "fleet.json")
	if err := w.WriteFleet(file, "bench", nil); err != nil {
		return f, err
	}
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, self, "-floor", file, "-at-once", strconv.Itoa(s.atOnce))
	out, err := cmd.CombinedOutput()
	f.wall = time.Since(began)
	if err != nil {
		return f, fmt.Errorf("the plain loop: %w\n%s", err, out)
	}
	f.ours, f.workerMem = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), engine.MaxMemory(cmd.ProcessState)
	f.once = w.Once()
	return f, nil
}
