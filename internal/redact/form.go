package redact

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/text"
)

// form is a secret as programs write it, before its characters are escaped.
type form struct {
	text string
	// run is for base64: the run of such characters around it goes, too; its
	// neighbours may have bits of the secret. With lead, the one before it has.
	run, lead bool
}

// formsOf returns the forms of a secret.
func formsOf(secret string) (forms []form) {
	texts := []string{secret}
	if latin1, ok := text.Latin1(secret); ok && latin1 != secret {
		// As ISO-8859-1, and as UTF-8 that was taken for that.
		texts = append(texts, latin1, fromLatin1(secret))
	}
	for _, t := range texts {
		forms = append(forms, form{text: t}, form{text: hex.EncodeToString([]byte(t))})
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
		next := place{p.text + n, p.form + len(got)}
		if n > 0 && got != "" && fits(want, got) && !slices.Contains(m.next, next) {
			m.next = append(m.next, next)
		}
	}
	pass(rest[:1], 1)
	if _, size := utf8.DecodeRuneInString(rest); size > 1 {
		pass(rest[:size], size)
	}
	escapes(rest, pass)
	if strings.IndexByte(`%&\`, rest[0]) >= 0 && len(rest) < maxEscape {
		return p.form
	}
	return 0
}

// fits is in either case: words of a server are shown in lower case, too.
func fits(want, got string) bool {
	if len(want) < len(got) {
		return false
	}
	if want = want[:len(got)]; want == got {
		return true
	}
	return utf8.ValidString(want) && utf8.ValidString(got) && strings.EqualFold(want, got)
}

const (
	maxNested = 8  // escapes of escapes
	maxEscape = 12 // bytes of one
)

// escapes gives each character that the escape at the beginning of s may mean,
// and how long it is. An escape may itself be escaped, in another way.
func escapes(s string, give func(got string, n int)) {
	once(s, func(got string, n int) {
		give(got, n)
		if n > 1 && len(got) == 1 && strings.Contains(`%&\`, got) {
			give(inner(s, got, n))
		}
	})
}

// once is escapes without those in another way.
func once(s string, give func(got string, n int)) {
	switch s[0] {
	case '+':
		give(" ", 1)
	case '%':
		for n := 1; n <= 1+2*maxNested && len(s) >= n+2 && isHex(s[n:n+2]); n += 2 {
			b, _ := strconv.ParseUint(s[n:n+2], 16, 8)
			give(string([]byte{byte(b)}), n+2)
			if b != '%' { // %2541 is an escaped %41
				break
			}
		}
	case '&':
		for n := 1; n <= 1+maxNested*len("amp;"); n += len("amp;") {
			give(entity(s, n))
			if !strings.HasPrefix(s[n:], "amp;") { // &amp;quot; is an escaped &quot;
				break
			}
		}
	case '\\':
		for n := 1; n <= maxNested && n < len(s) && s[n-1] == '\\'; n++ {
			give(`\`, n)
			give(backslash(s, n))
		}
	}
}

// inner reads an escape whose first character is that of n bytes.
func inner(s, first string, n int) (got string, length int) {
	text, ends := first, []int{n}
	for n < len(s) && len(text) < maxEscape {
		char, size := s[n:n+1], 1
		once(s[n:], func(got string, length int) {
			if got != "" && got != " " && size == 1 {
				char, size = got, length
			}
		})
		n += size
		text += char
		for range len(char) {
			ends = append(ends, n)
		}
	}
	once(text, func(g string, size int) {
		if size > 1 && g != "" && size <= len(ends) {
			got, length = g, ends[size-1]
		}
	})
	return got, length
}

// entity reads &quot;, &#34; or &#x22;, whose name begins at n.
func entity(s string, n int) (got string, length int) {
	end := strings.IndexByte(s[n:min(len(s), n+maxEscape)], ';')
	if end <= 0 {
		return "", 0
	}
	escaped := "&" + s[n:n+end+1]
	if got = html.UnescapeString(escaped); got == escaped {
		return "", 0
	}
	return got, n + end + 1
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

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// isBase64 reports whether a byte is of one of both alphabets.
func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_=", c) >= 0
}
