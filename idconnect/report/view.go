package report

import (
	"reflect"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

// View is a report as a [Format] shows it: a copy in which every text is
// printable, with the verdict in words. A text is one line, apart from those
// named Detail, Error, Reason, Remedy, Repair, Seen and Why, which may have
// several.
type View struct {
	Report
	// Raw is the report itself, for formats that escape every text, such as
	// JSON.
	Raw *Report

	// Title is the verdict in a few words for somebody who does not know the
	// steps, Lead one or two sentences about it, and Tone how good the news is.
	Title, Lead string
	Tone        Tone
	// Open is what was not checked, a line each.
	Open []string

	sums sums
}

// Tone says whether something is good news. The zero value is plain.
type Tone string

// The tones.
const (
	Good   Tone = "good" // proved
	Care   Tone = "care" // nothing is wrong, but something is open
	Bad    Tone = "bad"  // something is wrong
	Strong Tone = "strong"
	Faint  Tone = "faint"
)

// View returns the report for a format. Later changes of the report do not
// change it, apart from Raw.
func (r *Report) View() *View {
	v := &View{Report: printable(*r), Raw: r}
	v.sums = sumsOf(v.Verify)
	v.Open = v.sums.open
	v.fillVerdict()
	return v
}

// printable returns a deep copy of a value with every text made printable.
func printable[T any](value T) T {
	var out T
	clean(reflect.ValueOf(&out).Elem(), reflect.ValueOf(value), false)
	return out
}

// severalLines are the members whose texts keep their lines.
var severalLines = map[string]bool{
	"Detail": true, "Error": true, "Reason": true, "Remedy": true, "Repair": true, "Seen": true, "Why": true,
}

func clean(to, from reflect.Value, lines bool) {
	switch from.Kind() {
	case reflect.String:
		if lines {
			to.SetString(printableLines(from.String()))
		} else {
			to.SetString(text.Printable(from.String()))
		}
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			clean(to.Elem(), from.Elem(), lines)
		}
	case reflect.Slice:
		switch {
		case from.IsNil():
		case from.Type().Elem().Kind() == reflect.Uint8:
			to.SetBytes([]byte(text.Printable(string(from.Bytes()))))
		default:
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				clean(to.Index(i), from.Index(i), lines)
			}
		}
	case reflect.Struct:
		to.Set(from) // what is not exported, as in a time
		for i := range from.NumField() {
			if f := from.Type().Field(i); f.IsExported() {
				clean(to.Field(i), from.Field(i), severalLines[f.Name])
			}
		}
	default:
		to.Set(from)
	}
}

func printableLines(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = text.Printable(strings.TrimRight(l, "\r"))
	}
	return strings.Join(lines, "\n")
}
