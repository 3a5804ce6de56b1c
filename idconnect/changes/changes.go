// Package changes says what a correct migration from Identity Connect 2.1 to
// 7.1.6 changes in the records that it copies: links gain a member, roles become
// references. Without it, a comparison of the two servers would call every correct
// upgrade wrong. It holds the table and applies its rows to single records; it
// knows no server and counts nothing, which package verify does.
//
// It is for programs whose servers differ by more, or by less, than is known here.
// Begin with [Default], [Change] and [Added].
package changes

import "encoding/json"

// Change is a row of the table: an exact rewrite of some members of the records of
// a collection, or a predicate over them. Both servers' records are brought into
// one form by it before they are compared, so what a row does not explain stays a
// difference.
type Change struct {
	// Code is stable, such as "LINK-QUALIFIER".
	Code string
	// Collection is the resource of the collection as it is read, such as
	// "repo/link".
	Collection string
	// NotInSource says that a source need not have the collection: it is not
	// compared then, and nothing is amiss. The other members are for changes of
	// records.
	NotInSource bool
	// Members are the top-level members that Source and Target may see and change.
	// With "_id" they see the record's id: where they delete it, the record is not
	// expected on the other server.
	Members []string
	// Without names members of the objects inside of Members that are not compared,
	// such as the _id of a relationship.
	Without []string
	// Source rewrites a record of the source into what the target should have of
	// it; Target does so with what a target may add or write otherwise, and must
	// keep everything else. Nil does nothing. They are called by several goroutines
	// at once, and not for each record: what they do must depend on its members
	// alone. A member of the rewritten record must be JSON.
	Source, Target func(Record) Effect
	// Says is what happened to the records, as in "gained linkQualifier".
	Says string
	// Sure is how well this is known, Origin where from.
	Sure   Sureness
	Origin string
}

// Connectors is the Collection of changes of connectors, which the acceptance checks
// compare. The members of a connector are connectorName and, as a list of names,
// objectTypes.
const Connectors = "config/connector"

// Record has those members of a record that a [Change] names, in the form of RFC
// 8785 and without any _rev; what is encrypted is {"$crypto":true}. A member that
// is absent is not in it.
type Record map[string]json.RawMessage

// Effect is what a [Change] found in a record.
type Effect int

const (
	// Untouched: the change does not concern the record.
	Untouched Effect = iota
	// Applied: it explains something of the record.
	Applied
	// Missed: the record is one in which the change was to be expected, and it is
	// not there. That alone is no difference.
	Missed
)

// Sureness is how well a [Change] is known.
type Sureness string

// Sureness of a change, with the marks of the table.
const (
	Read     Sureness = "H" // read in source text, or in the vendor's
	Inferred Sureness = "M"
	Hearsay  Sureness = "L"
)

// Added returns a function for [Change].Source: a record that lacks the member
// gains it, with exactly that value.
func Added(member, value string) func(Record) Effect {
	return func(r Record) Effect {
		if _, has := r[member]; has {
			return Missed
		}
		r[member] = json.RawMessage(value)
		return Applied
	}
}

// Dropped returns a function for [Change].Source: the members go.
func Dropped(members ...string) func(Record) Effect {
	return func(r Record) Effect {
		effect := Untouched
		for _, name := range members {
			if _, has := r[name]; has {
				delete(r, name)
				effect = Applied
			}
		}
		return effect
	}
}

// Count is how often a change explained something of a collection.
type Count struct {
	Code string   `json:"code"`
	Says string   `json:"says"`
	Sure Sureness `json:"sure"`
	// Records is the number of records that it explained, 0 where it never did;
	// Missed that of others in which it was to be expected.
	Records int64 `json:"records"`
	Missed  int64 `json:"missed"`
}
