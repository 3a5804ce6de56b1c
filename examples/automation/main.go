//go:debug x509negativeserial=1

// Command automation shows how a program of your own upgrades several
// installations of Identity Connect, one after the other. They are described as in
// the command's upgrade.yaml: SITES is a file with a list of such descriptions, or a
// folder with one file for each, NAME.yaml or NAME/upgrade.yaml. The program decides
// which preflight findings to tolerate, shows its own progress and keeps its own
// log. Its test shows how to test such a program without a server.
//
//	go run ./examples/automation -tolerate STORE-UNVERIFIED -log upgrade.log sites.yaml
//
// After an interruption, run it again: each installation resumes where it
// stopped.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns its exit code: 0 if every installation is
// upgraded and verified, 1 if one is not, 2 if nothing could be started.
func command(ctx context.Context, args []string, out, errs io.Writer) int {
	f := flag.NewFlagSet("automation", flag.ContinueOnError)
	f.SetOutput(errs)
	tolerate := f.String("tolerate", "", "comma-separated `codes` of warnings to tolerate")
	logFile := f.String("log", "", "append the log to this `file`, as lines of JSON")
	commands := f.Bool("commands", false, "run the programs that the descriptions name for passwords")
	if err := f.Parse(args); err != nil {
		return 2
	}
	if f.NArg() != 1 {
		fmt.Fprintln(errs, "usage: automation [flags] SITES")
		return 2
	}
	sites, err := siteconfig.ReadAll(f.Arg(0))
	if err != nil {
		fmt.Fprintln(errs, "automation:", err)
		return 2
	}
	a := &automation{
		log: slog.New(slog.DiscardHandler), progress: &display{w: out}, tolerated: strings.Split(*tolerate, ","),
		secrets: siteconfig.Reader{Commands: *commands},
	}
	if *logFile != "" {
		w, err := os.OpenFile(*logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			fmt.Fprintln(errs, "automation:", err)
			return 2
		}
		defer w.Close()
		a.log = slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}

	code := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nsite\toutcome\twhat to do")
	for _, s := range sites {
		outcome, todo := "not started", ""
		if ctx.Err() == nil {
			outcome, todo = a.carryOut(ctx, s)
		}
		if outcome != "done" {
			code = 1
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name(), outcome, todo)
	}
	table.Flush()
	return code
}
