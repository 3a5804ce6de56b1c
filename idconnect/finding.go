package idconnect

import (
	"fmt"
	"slices"
)

// Severity says what a [Finding] means for the run.
type Severity string

// The severities of findings.
const (
	// Blocks: the step, and so the run, would fail.
	Blocks Severity = "blocks"
	// Warns: it may go wrong; the run goes on.
	Warns Severity = "warns"
	// Informs: something worth knowing, or that only a person can check.
	Informs Severity = "informs"
)

// Finding is something that decides, or may decide, whether the upgrade
// succeeds. It holds no secret.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Step is the step that it concerns.
	Step string `json:"step"`
	// Seen is what was found, on which server or in which file.
	Seen string `json:"seen"`
	// Why says why it matters, Remedy what to do.
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Doc is the address of the code's section in docs/findings.md.
	Doc string `json:"doc,omitempty"`
}

// finding makes one from the catalogue, which says the rest. A step "" is
// none of the chosen ones, and the finding is not reported.
func finding(code, step, format string, args ...any) Finding {
	e := entryOf(code)
	return Finding{Code: code, Severity: e.Severity, Step: step, Seen: fmt.Sprintf(format, args...),
		Why: e.Why, Remedy: e.Remedy, Doc: e.Doc()}
}

func (f Finding) as(s Severity) Finding { f.Severity = s; return f }

// remedy replaces that of the catalogue, unless it is "".
func (f Finding) remedy(text string) Finding {
	if text != "" {
		f.Remedy = text
	}
	return f
}

func (f Finding) why(text string) Finding { f.Why = text; return f }

// String gives the finding in one line.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s", f.Code, f.Seen)
	if f.Remedy != "" {
		s += " (remedy: " + f.Remedy + ")"
	}
	return s
}

// Findings are what [Upgrade.Preflight] found, in the order of the steps.
type Findings []Finding

// Blocking returns the findings that block.
func (fs Findings) Blocking() Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Severity != Blocks })
}

// Of returns the findings that concern a step.
func (fs Findings) Of(step string) Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Step != step })
}

// Has says whether one of the findings has the code.
func (fs Findings) Has(code string) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Code == code })
}
