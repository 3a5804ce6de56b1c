package digest

import (
	"bytes"
	"strconv"
	"strings"
)

// number copies a number as ECMAScript prints it.
func (c *canonicalizer) number() {
	literal := c.in[c.pos : c.pos+numberLength(c.in[c.pos:])]
	c.pos += len(literal)
	c.out = appendNumber(c.out, literal, !bytes.ContainsAny(literal, ".eE"))
}

// numberLength is the number of bytes with which a number may go on.
func numberLength(in []byte) int {
	n := 0
	for n < len(in) && strings.IndexByte("+-.eE0123456789", in[n]) >= 0 {
		n++
	}
	return n
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
