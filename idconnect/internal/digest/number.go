package digest

import (
	"bytes"
	"encoding/json"
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
	text, _ := json.Marshal(f) // as ECMAScript does; a number in range always can
	return append(out, text...)
}
