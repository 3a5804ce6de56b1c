// Package explain says what a finding of preflight means, without a server. Begin
// with [Of].
package explain

import (
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Finding is an entry of the catalogue, for programs.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Means    string `json:"means"`
	Checks   string `json:"checks"`
	Why      string `json:"why,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
	Doc      string `json:"doc"`
}

// Of returns the finding of a code, in any case; ok is false where there is none.
func Of(code string) (f Finding, ok bool) {
	e, ok := preflight.Lookup(strings.ToUpper(code))
	return finding(e), ok
}

func finding(e preflight.Entry) Finding {
	return Finding{e.Code, string(e.Severity), e.Means, fieldflags.Text(e.Checks), e.Why, fieldflags.Text(e.Remedy),
		e.Doc()}
}

// All returns every finding, in the order of docs/findings.md.
func All() (all []Finding) {
	for _, e := range preflight.Catalogue() {
		all = append(all, finding(e))
	}
	return all
}

// Codes are those of all findings.
func Codes() (codes []string) {
	for _, f := range All() {
		codes = append(codes, f.Code)
	}
	return codes
}

// Blocks lays out a finding for a terminal.
func (f Finding) Blocks() []report.Block {
	tone := map[preflight.Severity]report.Tone{preflight.Blocks: report.Bad, preflight.Warns: report.Care}
	out := []report.Block{layout.Line(0, 0, tone[preflight.Severity(f.Severity)], f.Severity+": "+f.Code),
		layout.Line(0, 0, "", text.Capital(f.Means))}
	for _, part := range []struct{ title, text string }{
		{"What is checked", sentence(f.Checks)}, {"Why it matters", sentence(f.Why)},
		{"What to do", sentence(f.Remedy)}, {"More", f.Doc},
	} {
		if part.text != "" {
			out = append(out, report.Block{}, layout.Line(0, 0, report.Strong, part.title),
				layout.Line(2, 0, "", part.text))
		}
	}
	return out
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.TrimSuffix(text.Capital(s), ".") + "."
}

// List lays out all findings, one below the other.
func List() []report.Block {
	var rows [][]report.Cell
	for _, f := range All() {
		rows = append(rows, []report.Cell{{Text: f.Code}, {Text: f.Severity}, {Text: f.Means}})
	}
	return []report.Block{{Rows: rows}}
}
