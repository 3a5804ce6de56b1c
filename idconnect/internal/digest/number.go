package digest

import (
	"bytes"
	"strconv"
)

// number copies a number as ECMAScript prints it.
func (c *canonicalizer) number() error {
	from := c.pos
	digits := func() bool {
		at := c.pos
		for c.pos < len(c.in) && '0' <= c.in[c.pos] && c.in[c.pos] <= '9' {
			c.pos++
		}
		return c.pos > at
	}
	if c.in[c.pos] == '-' {
		c.pos++
	}
	whole := c.pos
	if !digits() || c.in[whole] == '0' && c.pos > whole+1 {
		return c.syntax("bad number")
	}
	integer := true
	if c.pos < len(c.in) && c.in[c.pos] == '.' {
		integer = false
		c.pos++
		if !digits() {
			return c.syntax("bad number")
		}
	}
	if c.pos < len(c.in) && (c.in[c.pos] == 'e' || c.in[c.pos] == 'E') {
		integer = false
		c.pos++
		if c.pos < len(c.in) && (c.in[c.pos] == '+' || c.in[c.pos] == '-') {
			c.pos++
		}
		if !digits() {
			return c.syntax("bad number")
		}
	}
	c.out = appendNumber(c.out, c.in[from:c.pos], integer)
	return nil
}

func appendNumber(out, literal []byte, integer bool) []byte {
	if integer && len(literal) <= 15 {
		if string(literal) == "-0" {
			return append(out, '0')
		}
		return append(out, literal...)
	}
	f, err := strconv.ParseFloat(string(literal), 64)
	if err != nil { // out of range
		return append(out, literal...)
	}
	if integer && strconv.FormatFloat(f, 'f', 0, 64) != string(literal) {
		return append(out, literal...)
	}
	if f == 0 { // also -0
		return append(out, '0')
	}
	size := f
	if size < 0 {
		size = -size
	}
	if size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
	}
	at := len(out)
	out = strconv.AppendFloat(out, f, 'e', -1, 64)
	// Go pads the exponent to two digits.
	if e := at + bytes.IndexByte(out[at:], 'e'); out[e+2] == '0' {
		out = append(out[:e+2], out[e+3:]...)
	}
	return out
}
