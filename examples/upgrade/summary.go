package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// checkReport says before the work what would not be written after it; "" is no folder.
func checkReport(dir string) error {
	if dir == "" {
		return nil
	}
	return report.CheckFiles(dir, summary.Markdown)
}

// save writes a report to a folder and prints where it is.
func (a *app) save(v *call, rep *report.Report, dir string) error {
	if err := errors.Join(rep.Save(dir), rep.Save(dir, summary.Markdown)); err != nil || v.Screen.Quiet {
		return err
	}
	_, err := fmt.Fprintf(a.err, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

// stepSummary adds a report to the summary of a GitHub workflow's step. That it
// cannot is no failure of the command.
func (a *app) stepSummary(rep *report.Report) {
	file := a.env("GITHUB_STEP_SUMMARY")
	if file == "" {
		return
	}
	if err := summary.Append(file, rep); err != nil {
		fmt.Fprintf(a.err, "%s: warning: %v\n", a.name(), err)
	}
}
