package support

import (
	"errors"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
)

var redacted = keystore.Password{}.String()

// cleaner takes out the secrets that are known, in every spelling, and what looks like
// one, or like a person.
type cleaner struct{ redact.Redactor }

// looks are what is taken out though it is not known to be a secret.
var looks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`-----BEGIN [^-\n]*-----(?s:.*?)(?:-----END [^-\n]*-----|\z)`), redacted},
	{regexp.MustCompile(`"\$crypto"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}`), `"$$crypto": "` + redacted + `"`},
	// Headers, to the end of the line.
	{regexp.MustCompile(`(?i)((?:proxy-)?authorization|(?:set-)?cookie)("?\s*[:=]\s*)[^\n]*`), "$1$2" + redacted},
	// Members, properties and arguments that are named as secrets are. The word may be
	// a secret itself, and be gone.
	{regexp.MustCompile(`(?i)([\w.$-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|api-?key|` +
		`consumer-?key|private-?key|session-?id|\[redacted\])[\w.$-]*"?\s*[:=]\s*)` +
		`("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;&}\])]+)`),
		"$1" + redacted},
	{regexp.MustCompile(`[\w.+%-]+@[\w-]+(?:\.[\w-]+)+`), "[address]"},
	{regexp.MustCompile(`((?:managed|internal)/\w+/|repo/link[s/]*/)[^\s/"'?,;:)\]}]+`), "${1}[id]"},
	// Base64 that is longer than any word.
	{regexp.MustCompile(`[A-Za-z0-9+]{20,}[A-Za-z0-9+/]{40,}={0,2}`), redacted},
}

func (c cleaner) text(s string) string {
	s = c.Text(s)
	for _, l := range looks {
		s = l.what.ReplaceAllString(s, l.with)
	}
	return s
}

// log is the end of a log, which may begin within a secret and end within one.
func (c cleaner) log(l logFile) string {
	if l.err != nil {
		return "not read: " + c.text(l.err.Error()) + "\n"
	}
	text := l.text
	if end := strings.Index(text, "-----END "); end >= 0 {
		if begin := strings.Index(text, "-----BEGIN "); begin < 0 || begin > end {
			text = text[end:]
		}
	}
	text = c.text(c.Cut(text))
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-maxLines):], "\n") + "\n"
}

var errNoText = errors.New("not a text")
