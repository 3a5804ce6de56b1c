package kind

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// magics are how stores begin, up to their version.
var magics = []struct{ name, bytes string }{
	{"JCEKS", "\xce\xce\xce\xce\x00\x00\x00"}, {"JKS", "\xfe\xed\xfe\xed\x00\x00\x00"},
}

// encoded tells Base64 and hexadecimal digits.
func encoded(b []byte) File {
	if len(b) > 64<<20 {
		return File{}
	}
	word := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.TrimPrefix(string(b), "\ufeff"))
	inner, err := hex.DecodeString(word)
	how, undo := "hexadecimal digits", "xxd -r -p FILE STORE"
	if err != nil {
		how, undo = "Base64", "base64 -d FILE > STORE"
		word = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(word), "=")
		inner, err = base64.RawStdEncoding.DecodeString(word)
	}
	if err != nil || len(inner) < 8 {
		return File{}
	}
	undo = "decode it (" + undo + "), and name the store"
	for _, m := range magics {
		if bytes.HasPrefix(inner, []byte(m.bytes)) {
			return File{how + " of a " + m.name + " store", undo, false}
		}
	}
	if IsPKCS12(inner) {
		return File{how + " of a PKCS#12 store", undo, false}
	}
	if f := Of(inner); f.What != "" && f.What != aText {
		return File{how + " of " + f.What, "decode it; then " + f.Next, f.Damaged}
	}
	return File{}
}

// replaced tells a store that a program took for a text.
func replaced(b []byte) File {
	const (
		gone   = "; what was there is lost: copy the file again from where it is whole, as binary"
		filter = "leave key stores out of what filters or converts texts (Maven: nonFilteredFileExtension)"
	)
	head := b[:min(len(b), 64)]
	count := bytes.Count(b, []byte("\xef\xbf\xbd"))
	switch {
	case bytes.HasPrefix(b, []byte(strings.Repeat("\xef\xbf\xbd", 4)+"\x00")),
		bytes.HasPrefix(b, []byte("0\xef\xbf\xbd")), count > 3 && bytes.IndexByte(b, 0) >= 0 && utf8.Valid(b):
		return File{"a store that was turned into text: a program wrote EF BF BD for each byte above 7F",
			filter + gone, true}
	case bytes.HasPrefix(head, []byte("????\x00\x00\x00")):
		return File{"a store that was turned into text: a program wrote a question mark for each byte above 7F",
			filter + gone, true}
	}
	for _, m := range magics {
		if bytes.HasPrefix(b, latin1(m.bytes)) {
			return File{"a " + m.name + " store that was turned from Latin-1 into UTF-8",
				"turn it back: iconv -f UTF-8 -t ISO-8859-1 FILE > STORE; " + filter, true}
		}
		trimmed := bytes.TrimLeft(head, "\r\n \t\xef\xbb\xbf")
		if len(trimmed) < len(head) && bytes.HasPrefix(trimmed, []byte(m.bytes)) {
			return File{"a " + m.name + " store with other bytes before it", nextAgain, true}
		}
	}
	return File{}
}

func latin1(s string) []byte {
	var out []byte
	for i := range len(s) {
		out = utf8.AppendRune(out, rune(s[i]))
	}
	return out
}

// Damage says what was done to a store that begins as one and cannot be read, "" where nobody can tell.
func Damage(b []byte) (what, next string) {
	lines, breaks := bytes.Count(b, []byte("\n")), bytes.Count(b, []byte("\r\n"))
	if lines > 3 && lines == breaks {
		return "it was sent as a text, which put a carriage return before each line feed", nextAgain
	}
	if IsPKCS12(b) && Cut(b) {
		return "it is cut off", nextAgain
	}
	return "", ""
}
