package verify

import (
	"encoding/json"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// ChangedValue is what both servers hold in a member that differs.
type ChangedValue struct {
	ID     string `json:"id"`
	Member string `json:"member"`
	// Source and Target are the values in the form of RFC 8785, without
	// members that are not compared; nil where the member is not there.
	Source json.RawMessage `json:"source,omitempty"`
	Target json.RawMessage `json:"target,omitempty"`
	// Withheld says why no value is given: it is encrypted on a server, its
	// name or that of a member in it is one of secrets, or it is too long.
	Withheld string `json:"withheld,omitempty"`
}

// values adds what is in the members of a record that differ, as far as it may
// be shown.
func (v *verifier) values(id string, names []string, members [2]map[string]digest.Member) {
	if !v.opts.Values {
		return
	}
	for _, name := range names {
		a, b := members[0][name], members[1][name]
		out := ChangedValue{ID: id, Member: name}
		switch {
		case len(a.Seals)+len(b.Seals) > 0, digest.Encrypted(a.Value), digest.Encrypted(b.Value):
			out.Withheld = "encrypted"
		case digest.SecretName(name) || digest.HoldsSecret(a.Value) || digest.HoldsSecret(b.Value):
			out.Withheld = "its name is one of secrets"
		case len(a.Value) > digest.MaxValue || len(b.Value) > digest.MaxValue:
			out.Withheld = "too long"
		default:
			out.Source, out.Target = a.Value, b.Value
		}
		v.report.Values = append(v.report.Values, out)
	}
}
