package setup

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

var terminalCodes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// clean leaves out what steers a terminal, and the password.
func (s *session) clean(text string) string {
	text = terminalCodes.ReplaceAllString(s.redact(text), "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(s.redact(text))
}

// passwordForms are forms of a boot.properties password that can be turned
// back (OBF), or that nobody needs to see: they are the keystore's, of whatever
// installation.
var passwordForms = regexp.MustCompile(`\b(?:OBF|CRYPT|MD5):[0-9A-Za-z]+`)

// redact takes the password out, as it is and as programs print it: in JSON, in
// an address, in base64, and obfuscated.
func (s *session) redact(text string) string {
	text = passwordForms.ReplaceAllString(text, "[redacted]")
	p := s.o.KeystorePassword.Reveal()
	if p == "" {
		return text
	}
	quoted, _ := json.Marshal(p) // a string always is
	for _, form := range []string{
		p, string(quoted[1 : len(quoted)-1]), url.QueryEscape(p), url.PathEscape(p), base64.StdEncoding.EncodeToString([]byte(p)),
	} {
		text = strings.ReplaceAll(text, form, "[redacted]")
	}
	return text
}
