package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/idconnect-go/upgrade/examples/fleet/allow"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/internal/text"
)

var workerName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// worker runs until the context ends. It waits for the engine while that is
// unreachable.
func (a *app) worker(ctx context.Context, args []string) error {
	f := a.flags("worker")
	name := f.String("name", "", "`name` of this machine in the fleet file")
	reports := f.String("reports", "", "`folder` for full reports, which name records and stay on this machine")
	slots := f.Int("slots", 20, "maximum `number` of concurrent steps")
	allowed := f.String("allow", "",
		"`file` that says which secrets, paths, servers and programs an order may name")
	debug := f.Bool("debug", false, "log every request, without secrets")
	if err := parse(f, args); err != nil {
		return err
	}
	switch {
	case f.NArg() > 0:
		return usagef("worker: unexpected argument %q: workers get their tasks from the engine", f.Arg(0))
	case !workerName.MatchString(*name):
		return usagef("worker: -name is required, as in the fleet file: lower-case letters, digits, dots and dashes")
	case *reports == "":
		return usagef("worker: -reports is required: a folder on this machine")
	case *allowed == "":
		return usagef("worker: -allow is required: a file that says which secrets, paths, servers and programs " +
			"an order may name, as in the README")
	case *slots < 1 || *slots > 1000:
		return usagef("worker: -slots %d: must be between 1 and 1000", *slots)
	}
	may, err := allow.Read(*allowed)
	var problems yamlfile.Problems
	if errors.As(err, &problems) {
		return err
	}
	if err != nil {
		return usagef("worker: -allow: %v", err)
	}
	folder, err := filepath.Abs(*reports)
	if err == nil {
		err = os.MkdirAll(folder, 0o750)
	}
	if err != nil {
		return usagef("worker: -reports: %v", err)
	}
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
	o, err := engineOptions(logger)
	if err != nil {
		return err
	}
	forgetSettings()
	host, _ := os.Hostname()
	o.Identity = fmt.Sprintf("%s@%s:%d", *name, cmp.Or(host, "unknown"), os.Getpid())
	c, err := client.NewLazyClient(o)
	if err != nil {
		return err
	}
	defer c.Close()
	a.awaitEngine(ctx, c, address(o), logger)
	if ctx.Err() != nil {
		return nil
	}
	own := &flow.Activities{Name: *name, Reports: folder, Allow: *may, Client: c, Logger: logger}
	return serve(ctx, c, own, *slots)
}

// serve polls the shared queue and that of this machine.
func serve(ctx context.Context, c client.Client, own *flow.Activities, slots int) error {
	failed := make(chan error, 2)
	for _, queue := range []string{flow.Queue, flow.MachineQueue(own.Name)} {
		w := worker.New(c, queue, worker.Options{
			MaxConcurrentActivityExecutionSize: slots,
			DisableWorkflowWorker:              queue != flow.Queue,
			MaxHeartbeatThrottleInterval:       flow.MaxHeartbeatInterval,
			DefaultHeartbeatThrottleInterval:   flow.MaxHeartbeatInterval,
			StickyScheduleToStartTimeout:       2 * time.Second,
			WorkerStopTimeout:                  10 * time.Second,
			OnFatalError:                       func(err error) { failed <- err },
		})
		if queue == flow.Queue {
			flow.Register(w)
		}
		own.Register(w)
		if err := w.Start(); err != nil {
			return err
		}
		defer w.Stop()
	}
	own.Logger.Info("worker started", "name", own.Name, "slots", slots)
	select {
	case <-ctx.Done():
		own.Logger.Info("worker stopped; its steps resume when a worker of this name is started", "name", own.Name)
		return nil
	case err := <-failed:
		return err
	}
}

// awaitEngine waits until the engine responds.
func (a *app) awaitEngine(ctx context.Context, c client.Client, where string, logger *slog.Logger) {
	var said time.Time
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := c.CheckHealth(try, &client.CheckHealthRequest{})
		cancel()
		if err == nil {
			return
		}
		if time.Since(said) > 30*time.Second {
			said = time.Now()
			logger.Warn("the engine is not responding; waiting for it", "address", where, "error", err)
		}
		text.Sleep(ctx, time.Second)
	}
}

// forgetSettings hides the engine's API key from programs that the worker starts.
func forgetSettings() {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "TEMPORAL_") {
			os.Unsetenv(name)
		}
	}
}
