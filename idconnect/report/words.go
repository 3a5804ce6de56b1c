package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Tone says how good the news is that a step is in this state.
func (s State) Tone() Tone { return cmp.Or(stateTones[s], Faint) }

var stateTones = map[State]Tone{Done: Good, Failed: Bad, Blocked: Care, Running: Care, Interrupted: Care}

var severityTones = map[preflight.Severity]Tone{preflight.Blocks: Bad, preflight.Warns: Care}

func toneOfCheck(r verify.CheckResult) Tone {
	return cmp.Or(map[verify.CheckResult]Tone{verify.CheckPassed: Good, verify.CheckFailed: Bad}[r], Care)
}

// isEmpty: neither server has a record in it, which is no proof of anything.
func isEmpty(c *verify.CollectionReport) bool {
	return c.Checked && c.SourceCount+c.TargetCount == 0 && c.Differences() == 0
}

// resultOf is the result of a collection without its counts and its reason.
func resultOf(c *verify.CollectionReport) string {
	switch {
	case isEmpty(c):
		return "no records"
	case c.Checked && c.Differences() > 0:
		if n := c.NotCheckedValues; n > 0 {
			return "differs, " + text.Number(n, "encrypted value", "encrypted values") + " not compared"
		}
		return "differs"
	}
	return c.Result()
}

// verdictOf is the result of a collection on one line.
func verdictOf(c *verify.CollectionReport) string {
	if isEmpty(c) {
		return text.Because("no records", c.Reason)
	}
	return c.Verdict()
}

func toneOfCollection(c *verify.CollectionReport) Tone {
	switch {
	case isEmpty(c):
		return Faint
	case c.Checked && c.Differences() > 0:
		return Bad
	case c.Checked && c.NotCheckedValues == 0, c.Absent:
		return Good
	}
	return Care
}

// valueWords are the values of both servers, or why they are not shown.
func valueWords(v *verify.ChangedValue) string {
	if v.Withheld != "" {
		return "not shown, " + v.Withheld
	}
	side := func(value []byte) string {
		if value == nil {
			return "(not there)"
		}
		return string(value)
	}
	return "source " + side(v.Source) + ", target " + side(v.Target)
}

// list is one of the lists of a collection that have records.
type list struct {
	kind, what string
	records    []verify.Change
	count      int64
}

func listsOf(c *verify.CollectionReport) []list {
	ids := func(ids []string) []verify.Change {
		out := make([]verify.Change, len(ids))
		for i, id := range ids {
			out[i].ID = id
		}
		return out
	}
	return slices.DeleteFunc([]list{
		{"missing", "missing from the target", ids(c.Missing), c.MissingCount},
		{"extra", "only in the target", ids(c.Extra), c.ExtraCount},
		{"changed", "changed", c.Changed, c.ChangedCount},
		{"duplicate", "more than once", ids(c.Duplicates), c.DuplicateCount},
	}, func(l list) bool { return l.count == 0 })
}

// more says how many of a list are not shown, "" where all are.
func more(count int64, shown int) string {
	if n := count - int64(shown); n > 0 {
		return "and " + text.Grouped(n) + " more"
	}
	return ""
}

// counts says what a check counted, "" where it counted nothing.
func counts(c *verify.Check) string {
	side := func(n int64) string {
		if n < 0 {
			return "not counted"
		}
		return text.Grouped(n)
	}
	if c.Source < 0 && c.Target < 0 {
		return ""
	}
	return "source " + side(c.Source) + ", target " + side(c.Target)
}

// failedWords say what is known of failed records.
func failedWords(f *verify.FailedRecords) string {
	n := text.Plural(f.Count, "record")
	switch {
	case !f.Checked && f.Count > 0:
		return text.Because("the migration could not copy "+n+", and does not name them all", f.Reason)
	case !f.Checked:
		return text.Because("whether the migration left out records was not checked", f.Reason)
	case f.Count == 0:
		return "the migration reports no failed records"
	}
	return "the migration could not copy " + n + ":"
}

// A word begins a sentence, and a word or a bracket ends it; a name, a path or an
// address stays as it is.
var (
	firstWord = regexp.MustCompile(`^[a-z]+[ ,:]`)
	lastWord  = regexp.MustCompile(`(^|\s)\(?[A-Za-z0-9-]+\)?$`)
)

// sentence writes a text that is the rest of a line as a sentence of its own.
func sentence(s string) string {
	if s = strings.TrimRight(s, " \n"); firstWord.MatchString(s) {
		s = text.Capital(s)
	}
	if lastWord.MatchString(s) && strings.Contains(s, " ") {
		s += "."
	}
	return s
}
