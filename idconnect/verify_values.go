package idconnect

import (
	"bytes"
	"encoding/json"
)

// verifyMaxValue is the longest value that a report shows, in bytes.
const verifyMaxValue = 1024

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
func (v *verifier) values(id string, names []string, members [2]map[string]verifyMember) {
	if !v.opts.Values {
		return
	}
	for _, name := range names {
		a, b := members[0][name], members[1][name]
		out := ChangedValue{ID: id, Member: name}
		switch {
		case len(a.seals)+len(b.seals) > 0, encrypted(a.value), encrypted(b.value):
			out.Withheld = "encrypted"
		case secretName(name) || holdsSecret(a.value) || holdsSecret(b.value):
			out.Withheld = "its name is one of secrets"
		case len(a.value) > verifyMaxValue || len(b.value) > verifyMaxValue:
			out.Withheld = "too long"
		default:
			out.Source, out.Target = a.value, b.value
		}
		v.report.Values = append(v.report.Values, out)
	}
}

// encrypted says whether a value is, or holds, an encrypted or hashed one.
func encrypted(value []byte) bool {
	return bytes.Contains(value, []byte(`"$crypto"`)) || bytes.Contains(value, []byte(`"$hash"`))
}

// holdsSecret says whether a member at any depth has the name of a secret.
func holdsSecret(value []byte) bool {
	d := json.NewDecoder(bytes.NewReader(value))
	// A string before a colon is a name; a string that is one word and reads
	// like one is taken for it, too, which withholds a little more.
	for {
		token, err := d.Token()
		if err != nil {
			return false // the end: it is in canonical form
		}
		if s, ok := token.(string); ok && secretName(s) {
			return true
		}
	}
}
