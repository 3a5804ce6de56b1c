package openidm

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

var errLatin1 = errors.New("the user name or password cannot be sent in ISO-8859-1, as Latin1Headers asks")

// The headers of OpenIDM, in the spelling by which its audit service leaves
// out the password. It does not know that of net/http, X-Openidm-Password.
const (
	headerUsername  = "X-OpenIDM-Username"
	headerPassword  = "X-OpenIDM-Password"
	headerNoSession = "X-OpenIDM-NoSession"

	headerTransaction = "X-ForgeRock-TransactionId"
)

// setExact sets a header in this very spelling, and in no other.
func setExact(h http.Header, name, value string) {
	h.Del(name)
	h[name] = []string{value}
}

// setHeaders adds the credentials and what else each request has. Reading or
// deleting one of OpenIDM's headers takes its constant as the key of the map:
// http.Header's methods look for net/http's spelling.
func (c *Client) setHeaders(h http.Header, hasBody bool) error {
	cred := c.Credentials
	if cred.Username == "" {
		cred = Anonymous()
	}
	for name, value := range map[string]string{
		headerUsername: cred.Username, headerPassword: cred.Password.Reveal(),
	} {
		sent := encodedText(value)
		if c.Latin1Headers {
			var ok bool
			if sent, ok = text.Latin1(value); !ok || !isPlain(sent, 0x100) {
				return errLatin1
			}
		}
		setExact(h, name, sent)
	}
	setExact(h, headerNoSession, "true")
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

// isPlain reports whether a header carries these bytes below end unchanged.
func isPlain(s string, end int) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f || int(s[i]) >= end {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
