package idconnect

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// VerifyReport is the result of [Verify]: ids, names of members and counts, and
// values of records only where [VerifyOptions].Values asks for them.
type VerifyReport struct {
	// Source and Target are the servers' base URLs.
	Source string `json:"source"`
	Target string `json:"target"`
	// Collections are in the order in which they were asked for.
	Collections []CollectionReport `json:"collections"`
	// Checks are what the vendor's procedure looks at in the end.
	Checks []Check `json:"checks,omitempty"`
	// Failed is nil where the target was not asked for its failed records.
	Failed  *FailedRecords `json:"failed,omitempty"`
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended"`
	// Resumed: what an interrupted comparison had done was taken over.
	Resumed bool `json:"resumed,omitempty"`
}

// CollectionReport is the comparison of one collection.
type CollectionReport struct {
	// Name is the collection's name, Resource the path that was read on both
	// servers: the collection's own, or its fallback.
	Name     string `json:"name"`
	Resource string `json:"resource"`
	// Checked says that the records were compared. Otherwise Reason says why
	// they were not; Reason may also explain a checked one.
	Checked bool   `json:"checked"`
	Reason  string `json:"reason,omitempty"`
	// Blocked says that one server has the collection and the other refused to
	// show it, so that nothing can be said about it.
	Blocked bool `json:"blocked,omitempty"`

	// SourceCount and TargetCount are the records that were read.
	SourceCount int64 `json:"sourceCount"`
	TargetCount int64 `json:"targetCount"`

	// The lists hold up to VerifyOptions.MaxDifferences ids in ascending
	// order; the counts are of all.
	Missing        []string `json:"missing,omitempty"` // in the source only
	MissingCount   int64    `json:"missingCount"`
	Extra          []string `json:"extra,omitempty"` // in the target only
	ExtraCount     int64    `json:"extraCount"`
	Changed        []Change `json:"changed,omitempty"` // in both, with other content
	ChangedCount   int64    `json:"changedCount"`
	Duplicates     []string `json:"duplicates,omitempty"` // more than once on one server
	DuplicateCount int64    `json:"duplicateCount"`
	// Values are what is in the members of Changed, where
	// [VerifyOptions].Values asks for it.
	Values []ChangedValue `json:"values,omitempty"`

	// Unreadable counts records that cannot be compared: without an id, not
	// JSON, deeper or larger than any record should be.
	Unreadable int64 `json:"unreadable"`
	// NotCheckedValues counts encrypted values that differ and could not be
	// opened. They are no difference, and no proof either.
	NotCheckedValues int64 `json:"notCheckedValues"`
	// Shifted counts records that looked different at first and were equal,
	// or gone, when they were read again: the collection changed while it was
	// read.
	Shifted int64 `json:"shifted"`
	// Passes is how many times the collection was read.
	Passes int `json:"passes"`
	// Ranges is how many ranges of ids were read again, where that saved
	// reading the whole collection.
	Ranges int `json:"ranges"`
}

// Change is a record that differs.
type Change struct {
	ID string `json:"id"`
	// Members are the names of the top-level members that differ, sorted. It
	// is empty when the record changed again before they could be found out.
	Members []string `json:"members,omitempty"`
}

// Differences returns the number of records that are missing, extra, changed,
// duplicated or unreadable.
func (c *CollectionReport) Differences() int64 {
	return c.MissingCount + c.ExtraCount + c.ChangedCount + c.DuplicateCount + c.Unreadable
}

// Same reports whether the comparison proves that the target has what the
// source has: at least one collection was checked, no checked one differs or
// holds a record that could not be read, none is blocked, and no check of the
// tabs failed. A collection that was not checked, as one of the servers does
// not have it, a check that was not made, and an encrypted value that was not
// checked, are no difference; nil is not the same.
func (r *VerifyReport) Same() bool {
	if r == nil {
		return false
	}
	checked := false
	for i := range r.Collections {
		c := &r.Collections[i]
		if c.Blocked || c.Checked && c.Differences() > 0 {
			return false
		}
		checked = checked || c.Checked
	}
	for _, c := range r.Checks {
		if c.Result == CheckFailed {
			return false
		}
	}
	return checked
}

// WriteText writes the report as aligned text: a line for each collection,
// then the ids of what differs.
func (r *VerifyReport) WriteText(w io.Writer) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "collection\tsource\ttarget\tresult")
	for i := range r.Collections {
		c := &r.Collections[i]
		source, target := strconv.FormatInt(c.SourceCount, 10), strconv.FormatInt(c.TargetCount, 10)
		if !c.Checked {
			source, target = "-", "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", verifyPrintable(c.Name), source, target, c.verdict())
	}
	table.Flush() // into b, which takes everything
	for i := range r.Collections {
		r.Collections[i].writeLists(&b)
		r.Collections[i].writeValues(&b)
	}
	r.writeChecks(&b)
	r.writeFailed(&b)
	if r.Same() {
		b.WriteString("\nno difference\n")
	} else {
		b.WriteString("\nnot proved to be the same\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict is one line of words.
func (c *CollectionReport) verdict() string {
	var words []string
	switch {
	case !c.Checked && c.Blocked:
		words = append(words, "blocked")
	case !c.Checked:
		words = append(words, "not checked")
	case c.Differences() == 0:
		words = append(words, "same")
	}
	for _, n := range []struct {
		count int64
		what  string
	}{
		{c.MissingCount, "missing"},
		{c.ExtraCount, "extra"},
		{c.ChangedCount, "changed"},
		{c.DuplicateCount, "more than once"},
		{c.Unreadable, "unreadable"},
		{c.NotCheckedValues, "encrypted values not checked"},
		{c.Shifted, "changed while they were read"},
	} {
		if n.count > 0 {
			words = append(words, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	verdict := strings.Join(words, ", ")
	if c.Reason != "" {
		verdict += ": " + verifyPrintable(c.Reason)
	}
	return verdict
}

func (c *CollectionReport) writeLists(b *strings.Builder) {
	changed := make([]string, len(c.Changed))
	for i, change := range c.Changed {
		changed[i] = change.ID
		if len(change.Members) > 0 {
			changed[i] += " (" + strings.Join(change.Members, ", ") + ")"
		}
	}
	for _, list := range []struct {
		what  string
		lines []string
		count int64
	}{
		{"missing in the target", c.Missing, c.MissingCount},
		{"only in the target", c.Extra, c.ExtraCount},
		{"changed", changed, c.ChangedCount},
		{"more than once", c.Duplicates, c.DuplicateCount},
	} {
		if list.count == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s, %s:\n", verifyPrintable(c.Name), list.what)
		for _, line := range list.lines {
			fmt.Fprintf(b, "  %s\n", verifyPrintable(line))
		}
		if more := list.count - int64(len(list.lines)); more > 0 {
			fmt.Fprintf(b, "  and %d more\n", more)
		}
	}
}

// verifyPrintable keeps what a server chose from moving the cursor of a
// terminal.
func verifyPrintable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}
