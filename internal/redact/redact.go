// Package redact takes secrets out of texts that came from outside: a server
// or a program may repeat what it was sent, in whatever way it writes texts. It
// does not find secrets that it was not given. Begin with [New]; [Redactor.Text]
// is for a text, [Redactor.JSON] for a whole answer.
package redact

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
)

// minLength is the length in bytes below which a secret is not looked for, and
// below which the beginning of one is not recognized: it is a part of words.
const minLength = 4

// Redactor replaces secrets by "[redacted]". The zero value replaces nothing.
type Redactor struct {
	replacer *strings.Replacer
	forms    []string
}

// New returns a redactor of secrets. It does not look for one that is shorter
// than four bytes or is the user name, be that "": both are parts of words.
func New(username string, secrets ...keystore.Password) Redactor {
	var r Redactor
	for _, s := range secrets {
		if secret := s.Reveal(); len(secret) >= minLength && secret != username {
			r.forms = append(r.forms, formsOf(secret)...)
		}
	}
	if len(r.forms) == 0 {
		return r
	}
	// A replacer takes the first that fits, which must be the longest.
	slices.SortFunc(r.forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r.forms = slices.Compact(r.forms)
	var pairs []string
	for _, form := range r.forms {
		pairs = append(pairs, form, keystore.Password{}.String())
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

// formsOf returns a secret as programs print it.
func formsOf(secret string) []string {
	b := []byte(secret)
	query := url.QueryEscape(secret)
	digits := hex.EncodeToString(b)
	return []string{
		secret, inJSON(secret, true), inJSON(secret, false), html.EscapeString(secret),
		query, url.PathEscape(secret), strings.ReplaceAll(query, "+", "%20"),
		base64.StdEncoding.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b),
		base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
		digits, strings.ToUpper(digits),
	}
}

// inJSON is a text as it stands between the quotes of a JSON string.
func inJSON(s string, escapeHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	e.Encode(s) // a string cannot fail
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// Text returns s without the secrets.
func (r Redactor) Text(s string) string {
	if r.replacer == nil {
		return s
	}
	return r.replacer.Replace(s)
}

// Cut is Text for a text that was cut short, perhaps within a secret: it takes
// away the beginning of one at the end.
func (r Redactor) Cut(s string) string {
	s = r.Text(s)
	for _, form := range r.forms {
		for n := len(form) - 1; n >= minLength; n-- {
			s = strings.TrimSuffix(s, form[:n])
		}
	}
	return s
}

// JSON returns raw itself unless one of its strings or names holds a secret, in
// whatever way that is escaped. What is no JSON is taken for a text.
func (r Redactor) JSON(raw json.RawMessage) json.RawMessage {
	if r.replacer == nil || len(raw) == 0 {
		return raw
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		if clean := r.Text(string(raw)); clean != string(raw) {
			return json.RawMessage(clean)
		}
		return raw
	}
	found := false
	v = r.value(v, &found)
	if !found {
		return raw
	}
	clean, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return clean
}

// Holds reports whether JSON holds a secret.
func (r Redactor) Holds(raw json.RawMessage) bool { return !bytes.Equal(r.JSON(raw), raw) }

func (r Redactor) value(v any, found *bool) any {
	switch v := v.(type) {
	case string:
		clean := r.Text(v)
		*found = *found || clean != v
		return clean
	case []any:
		for i := range v {
			v[i] = r.value(v[i], found)
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, member := range v {
			clean[r.value(k, found).(string)] = r.value(member, found)
		}
		return clean
	}
	return v
}
