package redact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"

	"github.com/idconnect-go/upgrade/internal/text"
)

// Line is Text for people: printable, on one line, and bounded by
// [text.MaxOutside].
func (r Redactor) Line(s string) string {
	return text.LineOf(r.begin(s, text.MaxOutside), len(s))
}

// Lines is Line for a text that may have several lines, bounded by
// [text.MaxLines].
func (r Redactor) Lines(s string) string {
	return text.LinesOf(r.begin(s, text.MaxLines), len(s))
}

// begin is as much of s, without the secrets, as will be shown.
func (r Redactor) begin(s string, limit int) string {
	if len(s) <= 4*limit {
		return r.Text(s)
	}
	return r.Cut(s[:4*limit])
}

// Error returns err with a text that may be shown, as Lines makes it: err
// itself where it is that already. It matches what err matches, by errors.Is and
// errors.As, but does not unwrap: what is below may say more.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	clean := r.Lines(said)
	if clean == said {
		return err
	}
	return Say(err, clean)
}

// Say returns err with another text. Like that of Error it does not unwrap.
func Say(err error, text string) error { return &shown{text, err} }

type shown struct {
	text string
	err  error
}

func (e *shown) Error() string        { return e.text }
func (e *shown) GoString() string     { return fmt.Sprintf("%q", e.text) }
func (e *shown) Is(target error) bool { return errors.Is(e.err, target) }
func (e *shown) As(target any) bool   { return errors.As(e.err, target) }

// Value returns a deep copy of a value without the secrets: in every text and
// every JSON in it, but for names that are ours, see ours.
func Value[T any](r Redactor, value T) T {
	return walked(value, walker{
		text: func(s string, _ bool) string { return r.Text(s) },
		raw:  func(b []byte) []byte { return r.JSON(b) },
		ours: func(s string) string { return s },
	})
}

// Show is Value for people: each text is as Line makes it, or as Lines does
// where its member is one of severalLines.
func Show[T any](r Redactor, value T) T {
	return walked(value, walker{
		text: func(s string, lines bool) string {
			if lines {
				return r.Lines(s)
			}
			return r.Line(s)
		},
		raw:  func(b []byte) []byte { return []byte(r.Line(string(b))) },
		ours: text.Line,
	})
}

// Prose returns a deep copy of a value in which the texts for people are changed:
// those of the members of severalLines.
func Prose[T any](value T, change func(string) string) T {
	return walked(value, walker{
		text: func(s string, lines bool) string {
			if lines {
				return change(s)
			}
			return s
		},
		raw:  slices.Clone[[]byte],
		ours: func(s string) string { return s },
	})
}

// severalLines are the members whose texts keep their lines.
var severalLines = map[string]bool{
	"Detail": true, "Error": true, "Reason": true, "Remedy": true, "Repair": true, "Seen": true, "Why": true,
}

// ours are the members whose texts only we choose. So are those of types that
// have a name, such as the state of a step: a password "done" changes neither.
var ours = map[string]bool{"Code": true, "Step": true, "Outcome": true, "Doc": true, "Unit": true}

// walker says what becomes of the texts of a value.
type walker struct {
	text func(s string, lines bool) string
	raw  func([]byte) []byte
	ours func(string) string
}

func walked[T any](value T, w walker) T {
	var out T
	w.walk(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&value).Elem(), "")
	return out
}

// walk copies from to to, deeply. member is the name of the member that it is.
func (w walker) walk(to, from reflect.Value, member string) {
	switch from.Kind() {
	case reflect.String:
		if from.Type() != reflect.TypeFor[string]() || ours[member] {
			to.SetString(w.ours(from.String()))
		} else {
			to.SetString(w.text(from.String(), severalLines[member]))
		}
	case reflect.Pointer, reflect.Interface:
		if from.IsNil() {
			return
		}
		if from.Kind() == reflect.Pointer {
			to.Set(reflect.New(from.Type().Elem()))
			w.walk(to.Elem(), from.Elem(), member)
			return
		}
		held := reflect.New(from.Elem().Type()).Elem()
		w.walk(held, from.Elem(), member)
		to.Set(held)
	case reflect.Slice:
		switch {
		case from.IsNil():
		case from.Type().Elem().Kind() == reflect.Uint8:
			to.SetBytes(w.raw(from.Bytes()))
		default:
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				w.walk(to.Index(i), from.Index(i), member)
			}
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for i := from.MapRange(); i.Next(); {
			key, held := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
			w.walk(key, i.Key(), member)
			w.walk(held, i.Value(), member)
			to.SetMapIndex(key, held)
		}
	case reflect.Struct:
		to.Set(from) // what is not exported, as in a time
		for i := range from.NumField() {
			if f := from.Type().Field(i); f.IsExported() {
				w.walk(to.Field(i), from.Field(i), f.Name)
			}
		}
	default:
		to.Set(from)
	}
}

// Logger returns a logger whose messages and values are as Line makes them; nil
// for nil.
func (r Redactor) Logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return nil
	}
	return slog.New(handler{l.Handler(), r})
}

type handler struct {
	slog.Handler
	hide Redactor
}

func (h handler) Handle(ctx context.Context, rec slog.Record) error {
	clean := slog.NewRecord(rec.Time, rec.Level, h.hide.Line(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

func (h handler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(h.hide.Line(v.String()))
	case slog.KindAny:
		v = slog.StringValue(h.hide.Line(fmt.Sprint(v.Any())))
	case slog.KindGroup:
		var group []slog.Attr
		for _, one := range v.Group() {
			group = append(group, h.attr(one))
		}
		v = slog.GroupValue(group...)
	}
	return slog.Attr{Key: h.hide.Line(a.Key), Value: v}
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return handler{h.Handler.WithAttrs(clean), h.hide}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.hide}
}
