package digest

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Unquote decodes a string that text has written.
func Unquote(quoted []byte) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	out := make([]byte, 0, len(inner))
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			out = append(out, inner[i])
			continue
		}
		i++
		switch inner[i] {
		case 'b':
			out = append(out, '\b')
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		case 'f':
			out = append(out, '\f')
		case 'r':
			out = append(out, '\r')
		case 'u':
			unit, err := strconv.ParseUint(string(inner[i+1:i+5]), 16, 16)
			if err != nil {
				return "", fmt.Errorf("%w: escape", errSyntax)
			}
			if unit >= 0x80 { // a surrogate alone, in the form UTF-8 would have for it
				out = append(out, 0xE0|byte(unit>>12), 0x80|byte(unit>>6)&0xBF, 0x80|byte(unit)&0xBF)
			} else {
				out = append(out, byte(unit))
			}
			i += 4
		default:
			out = append(out, inner[i])
		}
	}
	return string(out), nil
}

// text copies a string with the escapes that RFC 8785 wants.
func (c *canonicalizer) text() error {
	c.pos++
	c.out = append(c.out, '"')
	for {
		from := c.pos
		for c.pos < len(c.in) && c.in[c.pos] >= 0x20 && c.in[c.pos] != '"' && c.in[c.pos] != '\\' && c.in[c.pos] < utf8.RuneSelf {
			c.pos++
		}
		c.out = append(c.out, c.in[from:c.pos]...)
		if c.pos >= len(c.in) {
			return c.syntax("no end of the string")
		}
		switch b := c.in[c.pos]; {
		case b == '"':
			c.pos++
			c.out = append(c.out, '"')
			return nil
		case b == '\\':
			if err := c.escape(); err != nil {
				return err
			}
		case b < 0x20:
			return c.syntax("control character in a string")
		default:
			r, n := utf8.DecodeRune(c.in[c.pos:])
			if r == utf8.RuneError && n == 1 {
				return c.syntax("not UTF-8")
			}
			c.out = append(c.out, c.in[c.pos:c.pos+n]...)
			c.pos += n
		}
	}
}

func (c *canonicalizer) escape() error {
	if c.pos+1 >= len(c.in) {
		return c.syntax("no end of the string")
	}
	b := c.in[c.pos+1]
	if b != 'u' {
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		i := bytes.IndexByte([]byte(from), b)
		if i < 0 {
			return c.syntax("unknown escape")
		}
		c.pos += 2
		c.unit(rune(to[i]))
		return nil
	}
	r, err := c.hex(c.pos)
	if err != nil {
		return err
	}
	c.pos += 6
	if utf16.IsSurrogate(r) && c.pos+1 < len(c.in) && c.in[c.pos] == '\\' && c.in[c.pos+1] == 'u' {
		second, err := c.hex(c.pos)
		if err != nil {
			return err
		}
		if both := utf16.DecodeRune(r, second); both != utf8.RuneError {
			c.pos += 6
			r = both
		}
	}
	c.unit(r)
	return nil
}

// hex reads the four digits of an escape that begins at i.
func (c *canonicalizer) hex(i int) (rune, error) {
	if i+6 > len(c.in) {
		return 0, c.syntax("short escape")
	}
	var r rune
	for _, b := range c.in[i+2 : i+6] {
		switch {
		case '0' <= b && b <= '9':
			b -= '0'
		case 'a' <= b && b <= 'f':
			b -= 'a' - 10
		case 'A' <= b && b <= 'F':
			b -= 'A' - 10
		default:
			return 0, c.syntax("bad escape")
		}
		r = r<<4 | rune(b)
	}
	return r, nil
}

// unit writes one character of a string.
func (c *canonicalizer) unit(r rune) {
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
