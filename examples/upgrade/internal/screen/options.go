// Package screen shows how a command gets on, and its result. Begin with [Options].
//
//	          standard output     standard error
//	          the result          while it runs                 -log text or json instead
//	-quiet    one sentence        nothing                       errors
//	          what matters        one line a step               steps, findings, notices
//	-v        everything          also requests and decisions   requests, too
//
// On a terminal the step that runs has one line, which is written over and never wider than
// the terminal. Elsewhere, and with TERM=dumb, there are whole lines and no control characters.
package screen

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/brief"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Options say how much is shown. The zero value is for a person.
type Options struct {
	Quiet   bool
	Verbose bool
	Log     string // "", "text" or "json"
	Program string // what people type to start it
}

// Check returns what is wrong with the options.
func (o Options) Check() error {
	if o.Quiet && o.Verbose {
		return errors.New("-quiet and -v contradict each other")
	}
	return nil
}

// level is the least that is logged.
func (o Options) level() slog.Level {
	switch {
	case o.Quiet:
		return slog.LevelError
	case o.Verbose:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// logger writes to w as Log says.
func (o Options) logger(w io.Writer) *slog.Logger {
	h := &slog.HandlerOptions{Level: o.level(), ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(fieldflags.Text(a.Value.String()))
		}
		return a
	}}
	if o.Log == "json" {
		return slog.New(slog.NewJSONHandler(text.JSONWriter(w), h))
	}
	return slog.New(slog.NewTextHandler(w, h))
}

// WritePlan writes a plan to w, which is standard output.
func (o Options) WritePlan(w io.Writer, env func(string) string, p report.Plan) error {
	return o.write(w, env, brief.Plan(p, o.Program), brief.PlanLine(p), p.Blocks())
}

// WriteReport writes the report of a run or a comparison to w, which is standard output.
func (o Options) WriteReport(w io.Writer, env func(string) string, r *report.Report) error {
	v := r.View()
	return o.write(w, env, brief.Report(v, o.Program), brief.ReportLine(v), v.Blocks())
}

// WriteResults writes what a rollback did to w, which is standard output.
func (o Options) WriteResults(w io.Writer, env func(string) string, results []report.StepResult) error {
	usual := brief.Results(results)
	return o.write(w, env, usual, brief.ResultsLine(results), usual)
}

func (o Options) write(w io.Writer, env func(string) string, usual, line, whole []report.Block) error {
	switch {
	case o.Quiet:
		usual = line
	case o.Verbose:
		usual = whole
	}
	return layout.For(w, env).Write(w, usual)
}

// widthOf returns how to ask a terminal for its columns, nil for anything else, and for one that cannot return to the
// beginning of a line.
func widthOf(w io.Writer, env func(string) string) func() int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || env("TERM") == "dumb" {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return 80
		}
		return width
	}
}
