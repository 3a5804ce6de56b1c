package redact

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// form is a secret as programs write it, before its characters are escaped.
type form struct {
	text string
	// anyCase is for hexadecimal digits.
	anyCase bool
	// run is for base64: the run of such characters around it goes, too; its
	// neighbours may have bits of the secret. With lead, the one before it has.
	run, lead bool
}

// formsOf returns the forms of a secret.
func formsOf(secret string) (forms []form) {
	texts := []string{secret}
	if latin1, ok := asLatin1(secret); ok && latin1 != secret {
		// As ISO-8859-1, and as UTF-8 that was taken for that.
		texts = append(texts, latin1, fromLatin1(secret))
	}
	for _, t := range texts {
		forms = append(forms, form{text: t}, form{text: hex.EncodeToString([]byte(t)), anyCase: true})
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for before := range 3 {
				forms = append(forms, form{text: within(alphabet, before, t), run: true, lead: before > 0})
			}
		}
	}
	return forms
}

// within is what base64 of any text that holds s, after as many bytes modulo 3,
// has of s alone.
func within(alphabet *base64.Encoding, before int, s string) string {
	encoded := alphabet.EncodeToString(append(make([]byte, before), s...))
	first := (8*before + 5) / 6
	last := 8 * (before + len(s)) / 6
	return encoded[first:last]
}

func asLatin1(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// matcher follows a form through a text. A character may be escaped in several
// ways, and what looks like an escape may be the secret's own: it keeps all
// places that it may have come to.
type matcher struct {
	form     form
	at, next []place
}

// place is how much of the text and of the form was passed.
type place struct{ text, form int }

// match returns the end of the form that begins s, -1 where none does. cut is
// how much of the form was there when s ended.
func (m *matcher) match(s string) (end, cut int) {
	m.at, end = append(m.at[:0], place{}), -1
	for len(m.at) > 0 {
		m.next = m.next[:0]
		for _, p := range m.at {
			switch {
			case p.form == len(m.form.text):
				end = max(end, p.text)
			case p.text == len(s):
				cut = max(cut, p.form)
			default:
				cut = max(cut, m.step(s, p))
			}
		}
		m.at, m.next = m.next, m.at
	}
	return end, cut
}

// step passes one character of the form in every way in which s may have it. It
// returns how much of the form was passed where s ends within an escape.
func (m *matcher) step(s string, p place) (cut int) {
	rest, want := s[p.text:], m.form.text[p.form:]
	pass := func(got string, n int) {
		if n <= 0 || got == "" {
			return
		}
		if fits(want, got, m.form.anyCase) {
			m.add(place{p.text + n, p.form + len(got)})
		}
	}
	pass(rest[:1], 1)
	switch rest[0] {
	case '+':
		pass(" ", 1)
	case '%':
		pass(percent(rest))
	case '&':
		pass(entity(rest))
	case '\\':
		for n := 1; n <= maxNested && n < len(rest) && rest[n-1] == '\\'; n++ {
			pass(`\`, n)
			pass(backslash(rest, n))
		}
	}
	if strings.IndexByte(`%&\`, rest[0]) >= 0 && len(rest) < maxEscape {
		return p.form
	}
	return 0
}

func fits(want, got string, anyCase bool) bool {
	if anyCase {
		return len(want) >= len(got) && strings.EqualFold(want[:len(got)], got)
	}
	return strings.HasPrefix(want, got)
}

func (m *matcher) add(p place) {
	for _, have := range m.next {
		if have == p {
			return
		}
	}
	m.next = append(m.next, p)
}

const (
	maxNested = 8  // escapes of escapes
	maxEscape = 12 // bytes of one
)

// percent reads %41, and %2541 where it was escaped twice.
func percent(s string) (got string, n int) {
	n = 1
	for nested := 0; nested < maxNested && len(s) >= n+4 && s[n:n+2] == "25" && isHex(s[n+2:n+4]); nested++ {
		n += 2
	}
	if len(s) < n+2 || !isHex(s[n:n+2]) {
		return "", 0
	}
	b, _ := strconv.ParseUint(s[n:n+2], 16, 8)
	return string([]byte{byte(b)}), n + 2
}

// entity reads &quot;, &#34;, &#x22;, and &amp;quot; where it was escaped twice.
func entity(s string) (got string, n int) {
	n = 1
	for nested := 0; nested < maxNested && strings.HasPrefix(s[n:], "amp;"); nested++ {
		n += len("amp;")
	}
	length := strings.IndexByte(s[n:min(len(s), n+maxEscape)], ';')
	if length <= 0 {
		if n > 1 { // &amp; itself
			return "&", n
		}
		return "", 0
	}
	escaped := "&" + s[n:n+length+1]
	if got = html.UnescapeString(escaped); got == escaped {
		if n > 1 {
			return "&", n
		}
		return "", 0
	}
	return got, n + length + 1
}

// backslash reads what stands after n backslashes: four digits after u, two
// after x, or a short escape of JSON and Java.
func backslash(s string, n int) (got string, length int) {
	rest := s[n:]
	switch c := rest[0]; c {
	case '"', '\'', '/':
		return rest[:1], n + 1
	case 'n', 't', 'r', 'b', 'f':
		return map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f"}[c], n + 1
	case 'x':
		if len(rest) >= 3 && isHex(rest[1:3]) {
			b, _ := strconv.ParseUint(rest[1:3], 16, 8)
			return string([]byte{byte(b)}), n + 3
		}
	case 'u':
		return unicodeEscape(s, n)
	}
	return "", 0
}

// unicodeEscape reads u and four digits, or the pair of a character beyond U+FFFF.
func unicodeEscape(s string, n int) (got string, length int) {
	unit := func(at int) (rune, int) {
		for at < len(s) && s[at] == 'u' { // Java takes several
			at++
		}
		if len(s) < at+4 || !isHex(s[at:at+4]) {
			return 0, 0
		}
		u, _ := strconv.ParseUint(s[at:at+4], 16, 16)
		return rune(u), at + 4
	}
	r, end := unit(n)
	if end == 0 {
		return "", 0
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(s[end:], s[:n]+"u") {
		if low, after := unit(end + n); after > 0 {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), after
			}
		}
	}
	return string(r), end
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isBase64 reports whether a byte is of one of both alphabets.
func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_=", c) >= 0
}
