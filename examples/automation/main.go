// Command automation upgrades one installation of Identity Connect after the
// other, as a program of your own would: a JSON file lists them, it decides by
// itself about what preflight finds, shows its own progress and keeps its own
// log. Its test says how such a program is tested without a server.
//
//	go run ./examples/automation -tolerate STORE-UNVERIFIED -log upgrade.log sites.json
//
// Given again after an interruption, it goes on with each installation where
// it stopped.
package main

import (
	"context"
	"encoding/json"
	"errors"
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

// command is the program without its process. It returns 0 when every
// installation is upgraded and proved to be the same, 1 when one is not, 2
// when nothing could be begun.
func command(ctx context.Context, args []string, out, errs io.Writer) int {
	f := flag.NewFlagSet("automation", flag.ContinueOnError)
	f.SetOutput(errs)
	tolerate := f.String("tolerate", "", "`codes` of warnings in spite of which it goes on, separated by commas")
	logFile := f.String("log", "", "`file` to which the log is added, as lines of JSON")
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
		outcome, todo := "not begun", ""
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
		return nil, errors.New(path + " lists nothing")
	}
	return sites, nil
}
