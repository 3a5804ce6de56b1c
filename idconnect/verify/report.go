package verify

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Report is the result of [Run]: ids, names of members and counts, but values of
// records only if [Options].Values asks for them.
type Report struct {
	// Source and Target are the servers' base URLs.
	Source string `json:"source"`
	Target string `json:"target"`
	// SourceVersion and TargetVersion are those of OpenIDM, "" if a server does not
	// tell its own.
	SourceVersion string `json:"sourceVersion,omitempty"`
	TargetVersion string `json:"targetVersion,omitempty"`
	// Collections are in the order in which they were asked for.
	Collections []CollectionReport `json:"collections"`
	// Checks are the results of the acceptance checks; nil if none were made.
	Checks []Check `json:"checks,omitempty"`
	// Failed is nil if the target was not asked for its failed records.
	Failed *FailedRecords `json:"failed,omitempty"`
	// Notes say what could not be told of the two servers: whether they are two,
	// and which is which.
	Notes []string `json:"notes,omitempty"`
	// Accept is that of [Options]. Off are the codes of what the options left out.
	Accept  []string  `json:"accept,omitempty"`
	Off     []string  `json:"off,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Incomplete reports whether the comparison ended with an error.
	Incomplete bool `json:"incomplete,omitempty"`
	// Resumed reports whether an interrupted comparison was resumed.
	Resumed bool `json:"resumed,omitempty"`
}

// MarshalJSON writes an empty list of collections as [], and [Report.Verdict] as
// the member "verdict".
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	if r.Collections == nil {
		r.Collections = []CollectionReport{}
	}
	return json.Marshal(struct {
		plain
		Verdict verdict.Verdict `json:"verdict"`
	}{plain(r), r.Verdict()})
}

// CollectionReport is the comparison of one collection.
type CollectionReport struct {
	// Name is the collection's name, Resource the path that was read on both
	// servers: the collection's own, or its fallback.
	Name     string `json:"name"`
	Resource string `json:"resource"`
	// Checked reports whether the records were compared. Otherwise Reason says
	// why not; it may also explain how they were.
	Checked bool   `json:"checked"`
	Reason  string `json:"reason,omitempty"`
	// Blocked reports whether one server has the collection and the other
	// refuses to show it, so that they cannot be compared.
	Blocked bool `json:"blocked,omitempty"`

	// Expected is what the expected changes of a migration explained of the
	// records, in the order of [Options].Changes, with those that explained
	// nothing.
	Expected []changes.Count `json:"expected,omitempty"`

	// Absent reports whether the source does not have the collection and need not,
	// according to [Options].Changes. It is not Checked then.
	Absent bool `json:"absent,omitempty"`

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
	// decrypted. They are neither a difference nor a proof of none. ClosedValues
	// tell them apart.
	NotCheckedValues int64                `json:"notCheckedValues"`
	ClosedValues     verdict.ClosedValues `json:"closedValues,omitempty"`
	// Shifted counts records that looked different at first and were equal,
	// or gone, when they were read again: the collection changed while it was
	// read.
	Shifted int64 `json:"shifted"`
	// Passes is the number of times the collection was read; those after the first
	// may leave out what cannot differ.
	Passes int `json:"passes"`
	// Ranges is the number of ranges of ids that were read of both servers, in all
	// passes; 0 if they were read by pages.
	Ranges int `json:"ranges"`
	// Seconds is how long the comparison took; 0 if it was not made at once.
	Seconds float64 `json:"seconds,omitempty"`
	// Plans say how each server was read, and why.
	Plans []string `json:"plans,omitempty"`

	linkTypes [2]map[string]int64
}

// LinkTypes returns how many records of each linkType the source and the target have,
// for a collection of links that this process compared. They do not add up to the
// records that were read where that is not known.
func (c *CollectionReport) LinkTypes() (source, target map[string]int64) {
	return c.linkTypes[0], c.linkTypes[1]
}

// Change is a record that differs.
type Change struct {
	ID string `json:"id"`
	// Members are the names of the top-level members that differ, sorted. It
	// is empty if the record changed again before they were read.
	Members []string `json:"members,omitempty"`
}

// Differences returns the number of records that are missing, extra, changed,
// duplicated or unreadable.
func (c *CollectionReport) Differences() int64 {
	return c.MissingCount + c.ExtraCount + c.ChangedCount + c.DuplicateCount + c.Unreadable
}

// String returns the collection and its result on one line.
func (c CollectionReport) String() string {
	counts := ""
	if c.Checked {
		counts = text.Grouped(c.SourceCount) + " at the source, " + text.Grouped(c.TargetCount) + " at the target: "
	}
	return text.Line(c.Name + ": " + counts + c.Verdict())
}

func (c *CollectionReport) attrs() []slog.Attr {
	return []slog.Attr{slog.String("collection", c.Name), slog.String("resource", c.Resource),
		slog.Int64("source", c.SourceCount), slog.Int64("target", c.TargetCount),
		slog.Int64("differences", c.Differences()), slog.String("result", c.Result())}
}

// Verdict returns the result in words on one line, with the reason.
func (c *CollectionReport) Verdict() string {
	return text.Because(c.Result(), c.Reason)
}

// Result returns the result in words, without the reason.
func (c *CollectionReport) Result() string {
	var words []string
	switch {
	case c.Absent:
		words = append(words, "not in the source, as expected")
	case !c.Checked && c.Blocked:
		words = append(words, "blocked")
	case !c.Checked:
		words = append(words, "not checked")
	case c.Differences() == 0:
		words = append(words, "same")
	}
	for _, n := range []struct {
		count      int64
		noun, what string
	}{
		{c.MissingCount, "", "missing"},
		{c.ExtraCount, "", "extra"},
		{c.ChangedCount, "", "changed"},
		{c.DuplicateCount, "", "more than once"},
		{c.Unreadable, "", "unreadable"},
		{c.NotCheckedValues, "encrypted value", "not checked"},
		{c.Shifted, "", "changed while they were read"},
	} {
		switch {
		case n.count == 0:
		case n.noun != "":
			words = append(words, text.Plural(n.count, n.noun)+" "+n.what)
		default:
			words = append(words, text.Grouped(n.count)+" "+n.what)
		}
	}
	return strings.Join(words, ", ")
}
