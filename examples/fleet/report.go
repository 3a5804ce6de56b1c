package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// reportVersion is that of the JSON form; it grows when a member changes its
// meaning or goes.
const reportVersion = 1

// FleetReport is what became of a fleet, and of each installation. It holds
// counts and codes; what names records is in the workers' own reports.
type FleetReport struct {
	Version int `json:"version"`
	*Snapshot
}

// report writes the page and its JSON.
func (a *app) report(ctx context.Context, args []string) error {
	f := a.flags("report")
	dir := f.String("out", "fleet-report", "`folder` for fleet.html and fleet.json")
	fleet, err := a.file(f, args)
	if err != nil {
		return err
	}
	for name := range fleetFiles {
		if err := output(*dir, name).Check(); err != nil {
			return err
		}
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	w := &watcher{c: c, fleet: fleet}
	s, err := w.look(ctx)
	if err != nil {
		return err
	}
	if err := w.results(ctx, s); err != nil {
		return err
	}
	r := &FleetReport{Version: reportVersion, Snapshot: s}
	if err := r.save(*dir); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %s\n%s\n%s\n", s.Name, countsText(s.Totals), filepath.Join(*dir, "fleet.html"),
		filepath.Join(*dir, "fleet.json"))
	return nil
}

// results asks for what became of each installation that has ended.
func (w *watcher) results(ctx context.Context, s *Snapshot) error {
	asked, ctx := errgroup.WithContext(ctx)
	asked.SetLimit(askedAtOnce)
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Ended != nil {
			asked.Go(func() (err error) {
				if r.Result, err = flow.ResultOf(ctx, w.c, r.ID, r.run); err != nil {
					err = fmt.Errorf("%s: %w", r.ID, err)
				}
				return err
			})
		}
	}
	return asked.Wait()
}

// save writes both files, each whole or not at all.
func (r *FleetReport) save(dir string) error {
	var html bytes.Buffer
	if err := page.Execute(&html, r); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"fleet.html": html.Bytes(), "fleet.json": append(text, '\n')} {
		if err := output(dir, name).Write(content); err != nil {
			return err
		}
	}
	return nil
}

// fleetFiles are the files of a report, by the text that begins each.
var fleetFiles = map[string]string{
	"fleet.html": `<meta name="generator" content="identity connect fleet">`,
	"fleet.json": fmt.Sprintf("{\n \"version\": %d,\n \"name\": ", reportVersion),
}

func output(dir, name string) disk.Output {
	return disk.Output{Path: filepath.Join(dir, name), Mode: 0o644, Marks: []string{fleetFiles[name]}}
}
