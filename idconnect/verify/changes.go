package verify

import (
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// changesOf are the changes of the records of a resource, without those that
// concern a member which is not compared.
func (o Options) changesOf(resource string, ignore []string) []changes.Change {
	return slices.DeleteFunc(carry.Of(o.Changes, resource), func(row changes.Change) bool {
		return slices.ContainsFunc(row.Members, func(name string) bool { return slices.Contains(ignore, name) })
	})
}

// mayLack reports whether a source need not have a collection.
func (o Options) mayLack(c Collection) bool {
	return slices.ContainsFunc(o.Changes, func(row changes.Change) bool {
		return row.NotInSource && row.Collection == c.Resource
	})
}

// changeCodes name the changes for the state file.
func (o Options) changeCodes() (codes []string) {
	for _, row := range o.Changes {
		codes = append(codes, row.Code)
	}
	return codes
}

// rulesOf are changes as they are applied to the records of one server, nil for
// none.
func rulesOf(rows []changes.Change, side int) *digest.Rules { return carry.Rules(rows, side == 1) }

// hasher and reducer read the records of one server.
func (v *verifier) hasher(side int) *digest.Hasher {
	return digest.NewHasher(v.key, v.opts.Keys, v.collection.Ignore, rulesOf(v.changes, side))
}

func (v *verifier) reducer(side int) *digest.Reducer {
	r := digest.NewReducer(v.key, v.opts.Keys, v.collection.Ignore, rulesOf(v.changes, side))
	r.Values = v.opts.Values
	return r
}

// explained counts what the changes explained. What a change found on both servers
// alike was there before.
func (v *verifier) explained(tallies [2]digest.Tally) {
	v.report.Expected = nil
	for i, row := range v.changes {
		a, b := tallies[0][i], tallies[1][i]
		v.report.Expected = append(v.report.Expected, changes.Count{Code: row.Code, Says: row.Says, Sure: row.Sure,
			Records: max(a[0]-b[0], b[0]-a[0]), Missed: a[1] + b[1]})
	}
}

// tooMany says that a collection has more changes than can be applied.
func (v *verifier) tooMany() error {
	if n := len(v.changes); n > digest.MaxRules {
		return fmt.Errorf("comparing %s: %d changes, at most %d", v.collection.Name, n, digest.MaxRules)
	}
	return nil
}
