package preflight

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/idconnect-go/upgrade/internal/redact"
)

// ErrBlocked is the error of a run that a finding blocks. Nothing was changed.
var ErrBlocked error = blocked{}

type blocked struct{}

func (blocked) Error() string { return "blocked by preflight, nothing was changed" }

// Remedy says what to do about it.
func (blocked) Remedy() string { return "do what the findings say, then run the same command again" }

// Severity says what a [Finding] means for the run.
type Severity string

// The severities of findings.
const (
	// Blocks: the step, and so the run, would fail. Nothing is changed.
	Blocks Severity = "blocks"
	// Warns: the run may fail; it goes on.
	Warns Severity = "warns"
	// Informs: worth knowing, or something that only a person can check.
	Informs Severity = "informs"
)

// Finding is something that decides, or may decide, whether the upgrade
// succeeds. It holds no secret.
type Finding struct {
	// Code is the code of the finding's [Entry], and is stable.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Step is the name of the step that the finding concerns.
	Step string `json:"step"`
	// Seen is what was found, on which server or in which file.
	Seen string `json:"seen"`
	// Why says why it matters, Remedy what to do. Remedy names fields in full,
	// "Upgrade.Source.Address", so that a program can put its own words for them.
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Doc is the address of the code's section in docs/findings.md.
	Doc string `json:"doc,omitempty"`
}

// Finding returns a finding of the entry's code. A check says for which step
// it was made and what was seen; the entry has the rest. A finding whose step
// is "" concerns none of the chosen steps and is not reported.
func (e Entry) Finding(step, format string, args ...any) Finding {
	return Finding{Code: e.Code, Severity: e.Severity, Step: step, Seen: fmt.Sprintf(format, args...),
		Why: e.Why, Remedy: e.Remedy, Doc: e.Doc()}
}

// As returns the finding with another severity than that of its entry.
func (f Finding) As(s Severity) Finding { f.Severity = s; return f }

// WithWhy returns the finding with another reason than that of its entry.
func (f Finding) WithWhy(text string) Finding { f.Why = text; return f }

// WithRemedy returns the finding with another remedy than that of its entry,
// unless text is "".
func (f Finding) WithRemedy(text string) Finding {
	if text != "" {
		f.Remedy = text
	}
	return f
}

// String returns the finding on one line.
func (f Finding) String() string {
	s := f.Code + ": " + f.Seen
	if f.Remedy != "" {
		s += " (remedy: " + f.Remedy + ")"
	}
	return s
}

// LogValue gives the finding to a [slog.Logger], without Doc.
func (f Finding) LogValue() slog.Value {
	f.Doc = ""
	return redact.Fields(f)
}

// Findings are the findings of one preflight, in the order of the steps.
type Findings []Finding

// Blocking returns the findings that block the run.
func (fs Findings) Blocking() Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Severity != Blocks })
}

// Of returns the findings that concern a step.
func (fs Findings) Of(step string) Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Step != step })
}

// Has reports whether a finding has the code, for example "SOURCE-CERT-NAME".
func (fs Findings) Has(code string) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Code == code })
}
