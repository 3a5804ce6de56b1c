// Package reason makes what a server says of a record fit for a report: without
// what is likely to be one of the record's values. Begin with [Harmless].
package reason

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Max is the longest reason that a report keeps, in bytes.
const Max = 240

// A server's words about a record may repeat its values. What is likely to be
// one is left out: whatever stands in quotes or braces, addresses, numbers and
// long words without a break, and everything that follows the name of a secret.
var (
	reasonSecret = regexp.MustCompile(`(?i)\b(pass(word|wd|phrase|code)?s?|passwort|pwd|secrets?|tokens?` +
		`|credentials?|bearer|authorization|private.?key|api.?key)\b.*`)
	reasonBraces = regexp.MustCompile(`\{.*|\[[^\]]*\]?`)
	reasonToken  = regexp.MustCompile(`[^\s@]+@[^\s@]+|\S{25,}|\S*\d{4,}\S*`)
	// reasonClass is the name of a Java class, which is long and no value.
	reasonClass = regexp.MustCompile(`^(?:[a-z][a-zA-Z0-9_]*\.)+([A-Z]\w*)([:.,]?)$`)

	// Name matches that of a class or a member.
	Name = regexp.MustCompile(`^[A-Za-z][\w.-]{0,63}$`)
)

// Harmless makes what a server says of a record fit for a report.
func Harmless(said string, hide redact.Redactor) string {
	// What is cut here is nobody's loss, and bounds the time of what follows.
	if len(said) > 16*Max {
		said = hide.Cut(said[:16*Max]) + "…"
	} else {
		said = hide.Text(said)
	}
	said = strings.Join(strings.Fields(text.Printable(said)), " ")
	said = reasonSecret.ReplaceAllString(said, "$1 …")
	said = withoutQuoted(said)
	said = reasonBraces.ReplaceAllString(said, "…")
	said = reasonToken.ReplaceAllStringFunc(said, func(token string) string {
		if m := reasonClass.FindStringSubmatch(token); m != nil {
			return m[1] + m[2]
		}
		return "…"
	})
	return text.Cut(said, Max)
}

// withoutQuoted leaves out what stands in quotes. One in the middle of a word is
// an apostrophe; what is not closed goes on to the end.
func withoutQuoted(text string) string {
	ends := map[rune]rune{'"': '"', '\'': '\'', '`': '`', '“': '”', '„': '“', '‘': '’', '«': '»'}
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		end, opens := ends[runes[i]]
		if !opens || i > 0 && inWord(runes[i-1]) {
			out.WriteRune(runes[i])
			continue
		}
		for i++; i < len(runes); i++ {
			if runes[i] == '\\' {
				i++
			} else if runes[i] == end && (i+1 == len(runes) || !inWord(runes[i+1])) {
				break
			}
		}
		out.WriteRune('…')
	}
	return out.String()
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// WithoutWord leaves out a word, or words, wherever they stand by themselves.
func WithoutWord(text, word string) string {
	var out strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			out.WriteString(text[from:])
			return out.String()
		}
		i += from
		end := i + len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[end:])
		out.WriteString(text[from:i])
		if i > 0 && inWord(before) || end < len(text) && inWord(after) {
			out.WriteString(word)
		} else {
			out.WriteString("…")
		}
		from = end
	}
}
