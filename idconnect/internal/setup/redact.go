package setup

import (
	"regexp"
	"strings"

	printable "github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

var terminalCodes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// clean removes what steers a terminal, and the password.
func (s *session) clean(text string) string {
	text = terminalCodes.ReplaceAllString(s.redact(text), "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(printable.Printable(s.redact(text)))
}

// passwordForms are forms of a password in boot.properties that can be turned back (OBF), or that nobody needs to see:
// they are the keystore's, of whatever installation.
var passwordForms = regexp.MustCompile(`\b(?:OBF|CRYPT|MD5):[0-9A-Za-z]+`)

// redact replaces the password, as it is and as programs print it. Package redact does not look for a very short one,
// which is a part of words; here it is hidden all the same.
func (s *session) redact(text string) string {
	redacted := keystore.Password{}.String()
	text = s.hide.Text(passwordForms.ReplaceAllString(text, redacted))
	if p := s.o.KeystorePassword; !p.IsZero() {
		text = strings.ReplaceAll(text, p.Reveal(), redacted)
	}
	return text
}
