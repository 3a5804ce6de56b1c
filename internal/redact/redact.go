// Package redact is the door through which texts leave that came from outside:
// a server or a program may repeat what it was sent, in whatever way it writes
// texts, and may steer a terminal. The package takes secrets out, makes texts
// printable and bounds them. It does not find secrets that it was not given,
// apart from passwords in addresses. Begin with [New]; [Redactor.Text] is for a
// text, [Redactor.JSON] for a whole answer, [Value] and [Redactor.Error] for
// what a call returns, and [Redactor.Logger] for a log.
package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/keystore"
)

// minLength is the length in bytes below which a secret is not looked for, and
// below which the beginning of one is not recognized: it is a part of words.
const minLength = 4

var redacted = keystore.Password{}.String()

// Redactor replaces secrets by "[redacted]". The zero value knows none.
type Redactor struct {
	// secrets are behind two pointers, so that no verb of fmt prints them: it follows one
	// at the top, and one anywhere for a verb that does not fit.
	secrets **known
}

type known struct {
	forms []form
	// byFirst are the forms by their first byte.
	byFirst [256][]int
}

// New returns a redactor of secrets. It does not look for one that is shorter
// than four bytes or is the user name, be that "": both are parts of words.
func New(username string, secrets ...keystore.Password) Redactor {
	var forms []form
	for _, s := range secrets {
		secret := s.Reveal()
		switch {
		case len(secret) < minLength:
		case secret != username:
			forms = append(forms, formsOf(secret)...)
		default:
			both := base64.RawStdEncoding.EncodeToString([]byte(username + ":" + secret))
			forms = append(forms, form{text: both, run: true})
		}
	}
	return redactorOf(forms)
}

// Join returns a redactor of the secrets of all.
func Join(all ...Redactor) Redactor {
	var forms []form
	for _, one := range all {
		if one.secrets != nil {
			forms = append(forms, (*one.secrets).forms...)
		}
	}
	return redactorOf(forms)
}

func redactorOf(forms []form) Redactor {
	if len(forms) == 0 {
		return Redactor{}
	}
	k := &known{forms: forms}
	for i, f := range forms {
		first := f.text[0]
		k.byFirst[first] = append(k.byFirst[first], i)
		if other := otherCase(first); other != first {
			k.byFirst[other] = append(k.byFirst[other], i)
		}
	}
	return Redactor{&k}
}

// inAddress is the password of an address, whosever it is.
var inAddress = regexp.MustCompile(`(://[^/?#\s:@"]*):[^/?#\s@"]+@`)

// Text returns s without the secrets.
func (r Redactor) Text(s string) string {
	s, _ = r.replace(s)
	return s
}

// Cut is Text for a text that was cut short, perhaps within a secret: it takes
// away the beginning of one at the end.
func (r Redactor) Cut(s string) string {
	s, cut := r.replace(s)
	return s[:len(s)-cut]
}

// replace returns s without the secrets, and how many bytes at its end may be
// the beginning of one.
func (r Redactor) replace(s string) (out string, cut int) {
	if strings.Contains(s, "://") {
		s = inAddress.ReplaceAllString(s, "$1:"+redacted+"@")
	}
	if r.secrets == nil {
		return s, 0
	}
	k := *r.secrets
	var b strings.Builder
	var m matcher
	done := 0
	for i := 0; i < len(s); {
		end, f, partial := k.at(&m, s[i:])
		if end < 0 {
			if partial && cut == 0 {
				cut = len(s) - i
			}
			i++
			continue
		}
		from, to := i, i+end
		if f.run {
			from, to = runAround(s, done, from, to, f.lead)
		}
		b.WriteString(s[done:from])
		b.WriteString(redacted)
		i, done, cut = to, to, 0
	}
	if done == 0 {
		return s, cut
	}
	b.WriteString(s[done:])
	return b.String(), cut
}

// runAround extends base64 to its neighbours, but not across a slash, which is
// of paths, too.
func runAround(s string, done, from, to int, lead bool) (int, int) {
	if lead && from > done && isBase64(s[from-1]) {
		from--
	}
	for from > done && isBase64(s[from-1]) && s[from-1] != '=' && s[from-1] != '/' {
		from--
	}
	for to < len(s) && isBase64(s[to]) {
		to++
	}
	return from, to
}

// at finds the longest secret that begins s. partial says that s may end within
// one that begins here.
func (k *known) at(m *matcher, s string) (end int, longest form, partial bool) {
	end = -1
	try := func(first byte, raw bool) {
		for _, i := range k.byFirst[first] {
			f := k.forms[i]
			if raw && len(s) > 1 && !mayFollow(f, s[1]) {
				continue
			}
			m.form = f
			n, cut := m.match(s)
			if n > end {
				end, longest = n, f
			}
			partial = partial || cut >= minLength
		}
	}
	try(s[0], true)
	escapes(s, func(got string, _ int) {
		if got != "" && got[0] != s[0] {
			try(got[0], false)
		}
	})
	return end, longest, partial
}

// mayFollow rules out most places quickly.
func mayFollow(f form, second byte) bool {
	want := f.text[1]
	return second == want || second == otherCase(want) || second >= utf8.RuneSelf ||
		strings.IndexByte(`%&\+`, second) >= 0
}

func otherCase(c byte) byte {
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		return c ^ 0x20
	}
	return c
}

// JSON returns raw itself unless one of its strings or names holds a secret, in
// whatever way that is escaped. What is no JSON is taken for a text.
func (r Redactor) JSON(raw json.RawMessage) json.RawMessage {
	if !json.Valid(raw) {
		if clean := r.Text(string(raw)); clean != string(raw) {
			return json.RawMessage(clean)
		}
		return raw
	}
	var out []byte
	done := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		from, escaped := i, false
		for i++; raw[i] != '"'; i++ {
			if raw[i] == '\\' {
				i, escaped = i+1, true
			}
		}
		s := string(raw[from+1 : i])
		if escaped && json.Unmarshal(raw[from:i+1], &s) != nil {
			continue // what is valid is a string
		}
		if clean := r.Text(s); clean != s {
			quoted, _ := json.Marshal(clean) // a string cannot fail
			out = append(append(out, raw[done:from]...), quoted...)
			done = i + 1
		}
	}
	if done == 0 {
		return raw
	}
	return append(out, raw[done:]...)
}

// Holds reports whether JSON holds a secret.
func (r Redactor) Holds(raw json.RawMessage) bool { return !bytes.Equal(r.JSON(raw), raw) }
