package verify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Report is the result of [Verify]: ids, names of members and counts, and
// values of records only where [Options].Values asks for them.
type Report struct {
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

// MarshalJSON writes lists that are empty as [].
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	if r.Collections == nil {
		r.Collections = []CollectionReport{}
	}
	return json.Marshal(plain(r))
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

	// The lists hold up to Options.MaxDifferences ids in ascending
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
	// [Options].Values asks for it.
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
// acceptance.checker failed. A collection that was not checked, as one of the servers does
// not have it, a check that was not made, and an encrypted value that was not
// checked, are no difference; nil is not the same.
func (r *Report) Same() bool {
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

// Verdict returns the result in one line of words, reason included.
func (c *CollectionReport) Verdict() string {
	if c.Reason != "" {
		return c.Result() + ": " + c.Reason
	}
	return c.Result()
}

// Result returns the result in a few words, without the reason.
func (c *CollectionReport) Result() string {
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
	return strings.Join(words, ", ")
}
