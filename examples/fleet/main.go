// Command fleet upgrades many installations of Identity Connect, on as many
// machines, by way of Temporal. See the README beside it.
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
)

// The exit codes are those of the command line for one installation.
const (
	exitDone        = 0
	exitFailed      = 1 // or differences found
	exitUsage       = 2
	exitBlocked     = 3 // nothing was changed
	exitInterrupted = 130
)

const usage = `usage: fleet COMMAND [flags] FILE

  check     is the fleet file right? -schema prints its JSON Schema
  plan      look at every installation; changes nothing
  run       look, wait for the approval, upgrade wave by wave; given again it
            joins, and goes on after a stop. -approve does not wait, -stop ends
            a run: steps are interrupted within a second
  approve   let a run go on that waits; -installation ID -decide WHAT decides
            about one whose migration has an unknown outcome
  status    where all of them stand, and what is stuck and why; -watch, -json
  report    one HTML page and JSON over all installations

  worker    -name NAME -reports DIR
            the worker on the machine of that name in the fleet file; no FILE

The engine is found as by Temporal's own tools: TEMPORAL_ADDRESS,
TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_..., or a profile of
temporal.toml; none: localhost:7233.

exit codes: 0 done, 1 failed or differences found, 2 wrong usage or fleet file,
3 blocked and nothing changed, 130 interrupted: the run goes on in the engine
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := (&app{out: os.Stdout, err: os.Stderr}).run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// app is the program without its process.
type app struct{ out, err io.Writer }

// usageError is a command that cannot be begun.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// codeError ends a command that has said why with an exit code.
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
	var problems fleetfile.Problems
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
		fmt.Fprintln(a.err, "fleet: interrupted; what runs in the engine goes on")
		return exitInterrupted
	}
	fmt.Fprintln(a.err, "fleet:", err)
	return exitFailed
}

// flags are a command's.
func (a *app) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("fleet "+name, flag.ContinueOnError)
	f.SetOutput(a.err)
	return f
}

// file parses flags and reads the fleet file that they are followed by.
func (a *app) file(f *flag.FlagSet, args []string) (*fleetfile.Fleet, error) {
	if err := parse(f, args); err != nil {
		return nil, err
	}
	if f.NArg() != 1 {
		return nil, usagef("%s: give one fleet file", f.Name())
	}
	fleet, err := fleetfile.Read(f.Arg(0))
	var problems fleetfile.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, usagef("%v", err)
	}
	return fleet, err
}

func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return codeError(exitUsage) // it has been said
	}
	return err
}

// check says whether a fleet file is right.
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
	fmt.Fprintf(a.out, "%s: %d installations on %d workers and %d sites, in waves of %v; nothing to object\n",
		fleet.Name, len(fleet.Installations), len(workers), len(fleet.Sites), fleet.WaveSizes(len(fleet.Installations)))
	return nil
}
