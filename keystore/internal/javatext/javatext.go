// Package javatext writes and reads text as Java does: in the modified UTF-8 of its data streams, in UTF-16, and in the
// lower case of its aliases. Half of a surrogate pair, which Go's strings have no character for, stays as its three
// bytes. Which texts a key store holds is for package keystore. Begin with [FromModifiedUTF8] and [LowerCase].
package javatext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// FromModifiedUTF8 reads text as java.io.DataInput.readUTF does: U+0000 as
// two bytes, and each half of a surrogate pair as three.
func FromModifiedUTF8(b []byte) (string, error) {
	if text := string(b); isASCII(text) {
		return text, nil
	}
	out := make([]byte, 0, len(b))
	var high rune // the half of a pair that was just read
	for i := 0; i < len(b); {
		c := b[i]
		n := 1
		switch {
		case c < 0x80:
		case c>>5 == 0b110:
			n = 2
		case c>>4 == 0b1110:
			n = 3
		default:
			return "", fmt.Errorf("modified UTF-8: byte %#02x at %d begins no character", c, i)
		}
		if i+n > len(b) {
			return "", fmt.Errorf("modified UTF-8: character at %d is cut off", i)
		}
		for _, k := range b[i+1 : i+n] {
			if k>>6 != 0b10 {
				return "", fmt.Errorf("modified UTF-8: byte %#02x at %d continues no character", k, i)
			}
		}
		u := rune(c)
		switch n {
		case 2:
			u = rune(c&0x1f)<<6 | rune(b[i+1]&0x3f)
		case 3:
			u = rune(c&0x0f)<<12 | rune(b[i+1]&0x3f)<<6 | rune(b[i+2]&0x3f)
		}
		switch pair := utf16.DecodeRune(high, u); {
		case pair != unicode.ReplacementChar:
			out = utf8.AppendRune(out[:len(out)-3], pair)
			high = 0
		case utf16.IsSurrogate(u):
			// Java takes half a pair; so that two aliases stay two, it keeps
			// its bytes.
			out = append(out, b[i:i+3]...)
			high = u
		default:
			out = utf8.AppendRune(out, u)
			high = 0
		}
		i += n
	}
	return string(out), nil
}

// ModifiedUTF8 writes text as java.io.DataOutput.writeUTF does, without
// the length.
func ModifiedUTF8(s string) []byte {
	var b []byte
	for _, u := range utf16Units(s) {
		switch {
		case u != 0 && u < 0x80:
			b = append(b, byte(u))
		case u < 0x800:
			b = append(b, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		default:
			b = append(b, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		}
	}
	return b
}

// loneSurrogate finds half of a surrogate pair, as FromModifiedUTF8 keeps it:
// three bytes that are not UTF-8.
func loneSurrogate(s string) (at, n int) {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == 0xed && s[i+1] >= 0xa0 && s[i+1] <= 0xbf && s[i+2]>>6 == 0b10 {
			return i, 3
		}
	}
	return 0, 0
}

// utf16Units is text as Java holds it.
func utf16Units(s string) []uint16 {
	var units []uint16
	for {
		i, n := loneSurrogate(s)
		if n == 0 {
			return append(units, utf16.Encode([]rune(s))...)
		}
		units = append(units, utf16.Encode([]rune(s[:i]))...)
		units = append(units, 0xd000|uint16(s[i+1]&0x3f)<<6|uint16(s[i+2]&0x3f))
		s = s[i+n:]
	}
}

// UTF16BE is text in UTF-16 as Java holds it, the high byte first.
func UTF16BE(s string) []byte {
	units := utf16Units(s)
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// LowerCase is Java's String.toLowerCase(Locale.ENGLISH), which keeps the dot
// of a capital I with one, and knows the sigma at a word's end.
func LowerCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	if i, n := loneSurrogate(s); n > 0 {
		return LowerCase(s[:i]) + s[i:i+n] + LowerCase(s[i+n:])
	}
	if !strings.ContainsAny(s, "İΣ") {
		return strings.ToLower(s)
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i\u0307")
		case r == 'Σ' && endsWord(runes, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// endsWord reports whether a letter comes before the place i of a word, and none
// after it. One of these characters between letters does not end a word.
func endsWord(s []rune, i int) bool {
	const joins = ".'-_\u00ad"
	cased := func(j, step int) bool {
		joined := false
		for ; j >= 0 && j < len(s); j += step {
			switch r := s[j]; {
			case unicode.IsUpper(r), unicode.IsLower(r), unicode.IsTitle(r):
				return true
			case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r):
				joined = false
			case strings.ContainsRune(joins, r) && !joined:
				joined = true
			default:
				return false
			}
		}
		return false
	}
	return cased(i-1, -1) && !cased(i+1, 1)
}
