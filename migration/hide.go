package migration

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// hider takes the source's password out of answers that repeat what they were
// sent: as it is, or as it stands in JSON.
type hider struct{ replace *strings.Replacer }

// hider hides the password of a source, and what the client was told to. It
// does not look for a short password, which is a part of words, nor for one
// that is the user name.
func (c *Client) hider(s Source) hider {
	var pairs []string
	for _, p := range append([]openidm.Secret{s.Password}, c.Hide...) {
		secret, hidden := p.Reveal(), p.String()
		if len(secret) >= 4 && secret != s.Username {
			pairs = append(pairs, secret, hidden, inJSON(secret, true), hidden, inJSON(secret, false), hidden)
		}
	}
	if len(pairs) == 0 {
		return hider{}
	}
	return hider{strings.NewReplacer(pairs...)}
}

// error cleans what a server said of an error. A detail that holds a secret is
// left out.
func (h hider) error(e *openidm.Error) {
	e.Message, e.Reason, e.Body = h.text(e.Message), h.text(e.Reason), h.text(e.Body)
	for _, raw := range []*json.RawMessage{&e.Detail, &e.Cause} {
		if clean := h.answer(*raw); !bytes.Equal(clean, *raw) {
			*raw = nil
		}
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

func (h hider) text(s string) string {
	if h.replace == nil {
		return s
	}
	return h.replace.Replace(s)
}

// answer returns raw itself unless one of its strings holds the password, in
// whatever way that is escaped.
func (h hider) answer(raw json.RawMessage) json.RawMessage {
	var v any
	if h.replace == nil || json.Unmarshal(raw, &v) != nil {
		return raw
	}
	found := false
	v = h.value(v, &found)
	if !found {
		return raw
	}
	clean, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return clean
}

func (h hider) value(v any, found *bool) any {
	switch v := v.(type) {
	case string:
		clean := h.text(v)
		*found = *found || clean != v
		return clean
	case []any:
		for i := range v {
			v[i] = h.value(v[i], found)
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, member := range v {
			clean[h.value(k, found).(string)] = h.value(member, found)
		}
		return clean
	}
	return v
}
