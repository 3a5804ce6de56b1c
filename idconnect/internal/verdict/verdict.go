// Package verdict decides what a comparison of two servers proves: that they are
// the same, that they differ, that they are the same as far as they were compared,
// or nothing. It compares nothing itself and knows no server: package verify hands
// it what was found. The sentence, the colour, the formats of a report and the exit
// code all follow from one [Verdict]. Begin with [Decide].
package verdict

import (
	"slices"

	"github.com/idconnect-go/upgrade/internal/text"
)

// Outcome is one of four.
type Outcome string

// The outcomes.
const (
	// Same: everything was compared, and nothing differs.
	Same Outcome = "same"
	// Different: a record differs, a check failed, or the migration lost a record.
	Different Outcome = "differences"
	// Partly: nothing differs, but not everything was compared.
	Partly Outcome = "same as far as compared"
	// Nothing: no record was compared, which proves nothing.
	Nothing Outcome = "nothing to compare"
)

// meaning is what follows from an outcome.
type meaning struct {
	exitCode     int
	says, remedy string
}

var meanings = map[Outcome]meaning{
	Same: {},
	Different: {1, "the servers differ", "the report names the records and checks, why records failed where the " +
		"target tells, and how to repair that"},
	Partly: {4, "the servers are the same as far as compared, but not everything was",
		"the report names what was not compared: remove the causes and verify again, " +
			"or look at it yourself and accept single items by their codes (Upgrade.Verify.Accept)"},
	Nothing: {5, "nothing to compare: no record was seen on either server",
		"check that the addresses lead to the servers that were meant, and that the migration ran"},
}

// ExitCode is the exit code of a program that compares: 0, 1, 4 or 5 in the order
// of the outcomes.
func (o Outcome) ExitCode() int { return o.meaning().exitCode }

// meaning of what is none of the four is that of [Different].
func (o Outcome) meaning() meaning {
	if m, ok := meanings[o]; ok {
		return m
	}
	return meanings[Different]
}

// Err returns nil for [Same], else an [Error].
func (o Outcome) Err() error {
	if o == Same {
		return nil
	}
	return Error{o}
}

// Error is an outcome other than [Same] as an error. Two of one outcome are equal,
// so that errors.Is finds them.
type Error struct{ Outcome Outcome }

func (e Error) Error() string { return e.Outcome.meaning().says }

// Remedy says what to do.
func (e Error) Remedy() string { return e.Outcome.meaning().remedy }

// Item is something that is not part of what was proved, or speaks against it.
type Item struct {
	// Code names it for Options.Accept of package verify: that of a check; COLLECTION-USERS and VALUES-USERS
	// for the collection users as a whole and for its encrypted values; SERVERS. ""
	// cannot be accepted.
	Code string `json:"code,omitempty"`
	// Kind is a noun: "encrypted value", "collection", "check". Count is of that.
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	// Says is one line for people.
	Says string `json:"says"`
}

// Verdict is what a comparison proves, and what it leaves open.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Source and Target are the records that were compared.
	Source int64 `json:"source"`
	Target int64 `json:"target"`
	// Differences are the records that differ. Failures are what is wrong apart
	// from them: checks that failed, records that the migration lost.
	Differences int64  `json:"differences"`
	Failures    []Item `json:"failures,omitempty"`
	// Open was not compared, so that the outcome is at most [Partly]. Accepted is
	// what would be in Open, had it not been accepted by its code.
	Open     []Item `json:"open,omitempty"`
	Accepted []Item `json:"accepted,omitempty"`
	// Aside is what was turned off, or need not be there. It does not lower the
	// outcome.
	Aside []Item `json:"aside,omitempty"`
}

// Decide completes a verdict: it moves what is accepted by its code from Open to
// Accepted and sets the outcome. An accepted code of which nothing is open is added
// to Aside. Only what is open can be accepted, never a difference or a failure.
func Decide(v Verdict, accept []string) Verdict {
	var open []Item
	used := map[string]bool{}
	for _, i := range v.Open {
		if i.Code != "" && slices.Contains(accept, i.Code) {
			v.Accepted = append(v.Accepted, i)
			used[i.Code] = true
		} else {
			open = append(open, i)
		}
	}
	v.Open = open
	for _, code := range accept {
		if !used[code] {
			used[code] = true
			v.Aside = append(v.Aside,
				Item{Code: code, Kind: "code", Count: 1, Says: "accepted, but nothing of it is open"})
		}
	}
	switch {
	case v.Differences > 0 || len(v.Failures) > 0:
		v.Outcome = Different
	case v.Source+v.Target == 0:
		v.Outcome = Nothing
	case len(v.Open) > 0:
		v.Outcome = Partly
	default:
		v.Outcome = Same
	}
	return v
}

// Numbers counts items by their kind, as in "2 encrypted values and 1 check".
func Numbers(items []Item) string {
	var kinds []string
	counts := map[string]int64{}
	for _, i := range items {
		if counts[i.Kind] == 0 {
			kinds = append(kinds, i.Kind)
		}
		counts[i.Kind] += i.Count
	}
	for n, kind := range kinds {
		kinds[n] = text.Plural(counts[kind], kind)
	}
	return text.Listed(kinds)
}
