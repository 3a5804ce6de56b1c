// Package text has what is said to people in one way everywhere: counts with
// their nouns, sizes, time spans, and texts of others made harmless. It knows
// nothing of servers or files. Begin with [Printable], which every text from
// outside goes through, [Number] and [Cut].
package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Printable makes text that a server or a file chose safe to show: whatever
// moves the cursor, changes the direction of writing, cannot be seen or is not
// UTF-8 becomes U+FFFD. Every kind of space becomes a blank.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '\uFFFD'
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r) && r != '\v' && r != '\f' && r != '\u0085':
			return ' '
		}
		return '\uFFFD'
	}, s)
}

// Cut shortens s to limit bytes at most, at the boundary of a rune, and marks
// the cut with "…".
func Cut(s string, limit int) string {
	if short := upTo(s, limit); short != s {
		return short + "…"
	}
	return s
}

// Plural is a grouped count with its noun, in the plural unless it is one: "1 entry", "12,408 users". A noun may be
// followed by what belongs to it, of which the first word is of, that or with: "2 marks of the servers".
func Plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	head, rest := noun, ""
	for _, joint := range []string{" of ", " that ", " with "} {
		if at := strings.Index(head, joint); at >= 0 {
			head, rest = noun[:at], noun[at:]
		}
	}
	return Grouped(n) + " " + many(head) + rest
}

// many is the plural of a regular noun.
func many(noun string) string {
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(noun, end) {
			return noun + "es"
		}
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.ContainsAny(stem[max(0, len(stem)-1):], "aeiou") {
		return stem + "ies"
	}
	return noun + "s"
}

// Number is a grouped count with words of which more than the noun depends on it: "1 record is", "2 records are".
func Number[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// Grouped writes a count with commas: "12,408".
func Grouped[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Bytes is a size in the unit that fits: "1,437 bytes", "12 KB", "412 MB".
func Bytes(n int64) string {
	switch {
	case n >= 10<<20:
		return Grouped(n>>20) + " MB"
	case n >= 10<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return Plural(n, "byte")
}

// Duration is a time span in two units at most, "-" where it is negative.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	switch h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60; {
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	default:
		return fmt.Sprintf("%d s", s)
	}
}

// Capital begins a text with an upper-case letter.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// Latin1 is a text in ISO-8859-1, and whether that has all of its characters.
func Latin1(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
