package flow

import (
	"context"
	"errors"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// The outcomes of an installation. Ready is that of a plan; GivenUp is what a
// person decided; the others are those of [report.Report].
const (
	Done        = "done"
	Ready       = "ready"
	Interrupted = "interrupted"
	Blocked     = "blocked"
	Partly      = "same as far as compared"
	Nothing     = "nothing to compare"
	Differences = "differences"
	Failed      = "failed"
	GivenUp     = "given up"
)

var (
	errFailed  = errors.New("failed")
	errGivenUp = errors.New("given up")
)

// outcomes are all of them, best first. Tone and exit code follow from this table
// alone; err is what [idconnect.ExitCode] decides by.
var outcomes = []struct {
	name string
	tone report.Tone
	err  error
}{
	{Done, report.Good, nil},
	{Ready, report.Good, nil},
	{Interrupted, report.Care, context.Canceled},
	{Partly, report.Care, idconnect.ErrPartlyCompared},
	{Blocked, report.Bad, preflight.ErrBlocked},
	{Nothing, report.Bad, idconnect.ErrNothingCompared},
	{Differences, report.Bad, idconnect.ErrDifferences},
	{Failed, report.Bad, errFailed},
	{GivenUp, report.Bad, errGivenUp},
}

// Outcomes returns all outcomes, best first.
func Outcomes() (names []string) {
	for _, o := range outcomes {
		names = append(names, o.name)
	}
	return names
}

// ToneOf returns how good the news of an outcome is, "" if it is unknown.
func ToneOf(outcome string) report.Tone {
	for _, o := range outcomes {
		if o.name == outcome {
			return o.tone
		}
	}
	return ""
}

// failures counts the installations that weigh against the limit of a wave: those
// whose outcome is bad news. Where no difference was found, though not everything was
// compared, nothing failed.
func failures(counts map[string]int) (n int) {
	for _, o := range outcomes {
		if o.tone == report.Bad {
			n += counts[o.name]
		}
	}
	return n
}

// ExitCode returns the exit code of a fleet by the rule of [idconnect.ExitCode]: 0
// if all installations are done or ready, 3 if the others are blocked and nothing
// was changed, 4 or 5 if nothing is wrong with the others but that they were not
// compared, fully or at all, else 1. all is the number of installations; planOnly
// says that the fleet was not to change anything.
func ExitCode(counts map[string]int, all int, planOnly bool) int {
	good, blocked := counts[Done]+counts[Ready], counts[Blocked]
	switch left := all - good; {
	case left == 0:
		return 0
	case left == blocked && (planOnly || good == 0):
		return idconnect.ExitCode(preflight.ErrBlocked)
	case left != counts[Partly]+counts[Nothing]:
		return 1
	case counts[Nothing] > 0:
		return idconnect.ExitCode(idconnect.ErrNothingCompared)
	}
	return idconnect.ExitCode(idconnect.ErrPartlyCompared)
}

// comparisons are the faults of a comparison that does not prove that the servers
// are the same. The type of the fault is its code.
var comparisons = []struct {
	err                   error
	code, outcome, remedy string
}{
	{idconnect.ErrDifferences, FaultDifferences, Differences,
		"the worker's report lists the records; the target's log says why they were not copied"},
	{idconnect.ErrPartlyCompared, FaultPartly, Partly,
		"the worker's report names what was not compared: remove the causes and run the fleet again, " +
			"or look at it yourself and accept single items by their codes (accept in the fleet file)"},
	{idconnect.ErrNothingCompared, FaultNothing, Nothing,
		"check that both addresses lead to the servers that were meant, and that the migration ran"},
}

// comparisonFault is the fault of an error of a comparison, nil if it is none.
func comparisonFault(err error) *fault {
	for _, c := range comparisons {
		if errors.Is(err, c.err) {
			return &fault{Type: c.code, Code: c.code, Text: c.err.Error(), Remedy: c.remedy, final: true}
		}
	}
	return nil
}

// outcomeOfFault is the outcome of an installation that a fault of this type ended.
func outcomeOfFault(faultType string) string {
	for _, c := range comparisons {
		if c.code == faultType {
			return c.outcome
		}
	}
	if faultType == FaultBlocked {
		return Blocked
	}
	return Failed
}

// RemedyOf returns what to do about a code of a finding or of a comparison, "" if
// nothing is known. It holds nothing of an installation.
func RemedyOf(code string) string {
	for _, c := range comparisons {
		if c.code == code {
			return c.remedy
		}
	}
	e, _ := preflight.Lookup(code)
	return e.Remedy
}

// isComparison reports whether an outcome is that of a comparison, or done.
func isComparison(outcome string) bool {
	return slices.Contains([]string{Done, Partly, Nothing, Differences}, outcome)
}

// Lead returns a sentence or two about the comparison of an installation that came
// to its end, "" for any other.
func (r *Result) Lead() string {
	if r == nil || r.Report == nil || !isComparison(r.Outcome) {
		return ""
	}
	return r.Report.View().Lead
}
