package digest

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape decodes the inside of a string in canonical form. A lone surrogate
// becomes the three bytes that UTF-8 would have for it.
func Unescape(in []byte) string {
	if bytes.IndexByte(in, '\\') < 0 {
		return string(in)
	}
	c := canonicalizer{in: in}
	out := make([]byte, 0, len(in))
	for c.pos < len(in) {
		if in[c.pos] != '\\' {
			out = append(out, in[c.pos])
			c.pos++
			continue
		}
		if r := c.escape(); utf16.IsSurrogate(r) {
			out = append(out, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0xBF, 0x80|byte(r)&0xBF)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

// text copies a string with the escapes that RFC 8785 wants.
func (c *canonicalizer) text() {
	c.word(len(`"`))
	for {
		c.word(bytes.IndexAny(c.in[c.pos:], `"\`))
		if c.in[c.pos] == '"' {
			c.word(len(`"`))
			return
		}
		c.character(c.escape())
	}
}

// escape reads the escape at pos, or the two of a character beyond U+FFFF.
func (c *canonicalizer) escape() rune {
	if b := c.in[c.pos+1]; b != 'u' {
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		c.pos += len(`\n`)
		return rune(to[strings.IndexByte(from, b)])
	}
	r := c.hex()
	if utf16.IsSurrogate(r) && bytes.HasPrefix(c.in[c.pos:], []byte(`\u`)) {
		from := c.pos
		if both := utf16.DecodeRune(r, c.hex()); both != utf8.RuneError {
			return both
		}
		c.pos = from
	}
	return r
}

// hex reads the escape \uXXXX at pos.
func (c *canonicalizer) hex() rune {
	unit, _ := strconv.ParseUint(string(c.in[c.pos+len(`\u`):c.pos+len(`\uXXXX`)]), 16, 16) // it is valid
	c.pos += len(`\uXXXX`)
	return rune(unit)
}

// character writes one character of a string.
func (c *canonicalizer) character(r rune) {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		c.out = append(c.out, '\\', byte(r))
	case r == '\b':
		c.out = append(c.out, `\b`...)
	case r == '\t':
		c.out = append(c.out, `\t`...)
	case r == '\n':
		c.out = append(c.out, `\n`...)
	case r == '\f':
		c.out = append(c.out, `\f`...)
	case r == '\r':
		c.out = append(c.out, `\r`...)
	case r < 0x20 || utf16.IsSurrogate(r):
		c.out = append(c.out, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
	default:
		c.out = utf8.AppendRune(c.out, r)
	}
}
