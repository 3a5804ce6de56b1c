package openidm

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var errLatin1 = errors.New("the user name or password cannot be sent in ISO-8859-1, as Latin1Headers asks")

func (c *Client) setHeaders(h http.Header, hasBody bool) error {
	cred := c.Credentials
	if cred.Username == "" {
		cred = Anonymous()
	}
	for name, value := range map[string]string{"X-OpenIDM-Username": cred.Username, "X-OpenIDM-Password": cred.Password.Reveal()} {
		text, ok := encodedText(value), true
		if c.Latin1Headers {
			text, ok = latin1Text(value)
		}
		if !ok {
			return errLatin1
		}
		h.Set(name, text)
	}
	h.Set("X-OpenIDM-NoSession", "true")
	h.Set("X-Requested-With", "idconnect-upgrade")
	h.Set("Accept", "application/json")
	if hasBody {
		h.Set("Content-Type", "application/json")
	}
	return nil
}

// looksEncoded matches what a server would decode: charset'language'text.
var looksEncoded = regexp.MustCompile(`^[A-Za-z0-9!#$%&+^_{}~-]*'[A-Za-z0-9-]*'`)

// encodedText puts what a header cannot carry as it is into the form of RFC
// 5987, which OpenIDM understands from version 5 on, and 3.x does not; and
// what looks like that form already, since it would be decoded.
func encodedText(s string) string {
	if isPlain(s, 0x7f) && !looksEncoded.MatchString(s) {
		return s
	}
	return "UTF-8''" + strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// latin1Text says whether a header can carry the text in ISO-8859-1.
func latin1Text(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), isPlain(string(b), 0x100)
}

// isPlain says whether a header carries these bytes below end unchanged.
func isPlain(s string, end int) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f || int(s[i]) >= end {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
