//go:debug x509negativeserial=1

// Command automation shows how a program of your own upgrades several
// installations of Identity Connect, one after the other. A JSON file lists them.
// The program decides which preflight findings to tolerate, shows its own progress
// and keeps its own log. Its test shows how to test such a program without a server.
//
//	go run ./examples/automation -tolerate STORE-UNVERIFIED -log upgrade.log sites.json
//
// After an interruption, run it again: each installation resumes where it
// stopped.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
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
	if err := f.Parse(args); err != nil {
		return 2
	}
	if f.NArg() != 1 {
		fmt.Fprintln(errs, "usage: automation [flags] SITES.json")
		return 2
	}
	sites, err := readSites(f.Arg(0))
	if err != nil {
		fmt.Fprintln(errs, "automation:", err)
		return 2
	}
	a := &automation{
		log: slog.New(slog.DiscardHandler), progress: &display{w: out}, tolerated: strings.Split(*tolerate, ","),
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
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, outcome, todo)
	}
	table.Flush()
	return code
}

// readSites reads the list of installations.
func readSites(path string) ([]site, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	var sites []site
	if err := d.Decode(&sites); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(sites) == 0 {
		return nil, fmt.Errorf("%s: no installations listed", path)
	}
	return sites, nil
}
