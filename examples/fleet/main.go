//go:debug x509negativeserial=1

// Command fleet upgrades many installations of Identity Connect, on as many
// machines, with Temporal. See its README.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
)

// The exit codes are the same as those of examples/upgrade.
const (
	exitDone   = 0
	exitFailed = 1 // or differences found
	exitUsage  = 2
	// Others are those of flow.ExitCode.
	exitInterrupted = 130
)

const usage = `usage: fleet COMMAND [flags] FILE

  check     validate the fleet file; -schema prints its JSON Schema
  plan      run the preflight checks of every installation; changes nothing
  run       run the checks, wait for approval, upgrade wave by wave. Run it again
            to join a run in progress, or to resume one that was stopped.
            -approve does not wait; -stop stops a run within a second
  approve   approve a run that is waiting; -installation ID -decide WHAT decides
            about one whose migration has an unknown outcome
  status    show the state of every installation, what is stuck and why; -watch,
            -json
  report    write one HTML page and JSON about all installations

  worker    -name NAME -reports DIR -allow FILE
            run the worker of the machine with that name in the fleet file; no
            FILE

The connection to the engine is configured as for Temporal's own tools:
TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_..., or a
profile of temporal.toml. The default is localhost:7233.

exit codes: 0 done, 1 failed or differences found, 2 wrong usage or fleet file,
3 blocked, nothing changed, 4 the same as far as compared, 5 nothing to compare,
130 interrupted; the run continues in the engine
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := (&app{out: os.Stdout, err: os.Stderr}).run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// app is the command line with its output, which tests replace.
type app struct{ out, err io.Writer }

// usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// codeError is the exit code of a command whose output already says why it failed.
type codeError int

func (codeError) Error() string { return "" }

func (a *app) run(ctx context.Context, args []string) int {
	commands := map[string]func(context.Context, []string) error{
		"check": a.check, "plan": a.plan, "run": a.carryOut, "approve": a.approve,
		"status": a.status, "report": a.report, "worker": a.worker,
	}
	if len(args) == 0 {
		fmt.Fprint(a.err, usage)
		return exitUsage
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		fmt.Fprint(a.out, usage)
		return exitDone
	}
	command := commands[args[0]]
	if command == nil {
		fmt.Fprintf(a.err, "fleet: unknown command %q\n\n%s", args[0], usage)
		return exitUsage
	}
	return a.exit(ctx, command(ctx, args[1:]))
}

func (a *app) exit(ctx context.Context, err error) int {
	var wrong *usageError
	var code codeError
	var problems yamlfile.Problems
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &problems):
		fmt.Fprintln(a.err, problems)
		return exitUsage
	case errors.As(err, &wrong):
		fmt.Fprintln(a.err, "fleet:", err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(a.err, "fleet: interrupted; the run continues in the engine")
		return exitInterrupted
	}
	fmt.Fprintln(a.err, "fleet:", err)
	return exitFailed
}

// flags returns the flag set of a command.
func (a *app) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("fleet "+name, flag.ContinueOnError)
	f.SetOutput(a.err)
	return f
}

// file parses flags and reads the fleet file, which is the only argument.
func (a *app) file(f *flag.FlagSet, args []string) (*fleetfile.Fleet, error) {
	if err := parse(f, args); err != nil {
		return nil, err
	}
	if f.NArg() != 1 {
		return nil, usagef("%s: needs one fleet file", f.Name())
	}
	fleet, err := fleetfile.Read(f.Arg(0))
	var problems yamlfile.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, usagef("%v", err)
	}
	return fleet, err
}

func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return codeError(exitUsage) // the flag package has printed the error
	}
	return err
}

// check validates a fleet file.
func (a *app) check(_ context.Context, args []string) error {
	f := a.flags("check")
	schema := f.Bool("schema", false, "print the JSON Schema of a fleet file")
	if err := parse(f, args); err != nil {
		return err
	}
	if *schema {
		_, err := a.out.Write(fleetfile.Schema())
		return err
	}
	fleet, err := a.file(f, args)
	if err != nil {
		return err
	}
	workers := map[string]bool{}
	for i := range fleet.Installations {
		workers[fleet.Installations[i].Target.Worker] = true
		workers[fleet.Installations[i].SourceWorker()] = true
	}
	n := len(fleet.Installations)
	fmt.Fprintf(a.out, "%s: %d installations on %d workers and %d sites, in waves of %v; no problems found\n",
		fleet.Name, n, len(workers), len(fleet.Sites), fleet.WaveSizes(n))
	return nil
}
