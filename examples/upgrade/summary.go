package main

import (
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// formats are all files of a report.
var formats = []report.Format{report.JSON, report.Text, report.HTML, report.JUnit, summary.Markdown}

// checkReport says before the work what would not be written after it; "" is no folder.
func checkReport(dir string) error {
	if dir == "" {
		return nil
	}
	return report.CheckFiles(dir, formats...)
}

// save writes a report to a folder and prints where it is.
func (a *app) save(v *call, rep *report.Report, dir string) error {
	if err := rep.Save(dir, formats...); err != nil || v.Screen.Quiet {
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
