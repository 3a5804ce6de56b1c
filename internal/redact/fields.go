package redact

import (
	"encoding"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"unicode"
)

// Fields gives the fields of a struct that are set to a [slog.Logger], by their
// names with a small first letter. Secrets hide themselves, by a LogValue of their
// own; of a list of structs there is its length. Functions, and pointers to what
// says nothing of itself, are left out. Of a nil pointer there is nothing.
func Fields(of any) slog.Value {
	v := reflect.Indirect(reflect.ValueOf(of))
	if !v.IsValid() {
		return slog.AnyValue(nil)
	}
	var attrs []slog.Attr
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() {
			continue
		}
		if value, ok := fieldValue(v.Field(i)); ok {
			attrs = append(attrs, slog.Attr{Key: fieldName(f.Name), Value: value})
		}
	}
	return slog.GroupValue(attrs...)
}

func fieldValue(v reflect.Value) (slog.Value, bool) {
	held := v.Interface()
	switch held.(type) {
	case slog.LogValuer, fmt.Stringer, encoding.TextMarshaler:
		return slog.AnyValue(held), true
	}
	switch v.Kind() {
	case reflect.Func, reflect.Chan, reflect.Pointer, reflect.Interface, reflect.UnsafePointer, reflect.Map:
		return slog.Value{}, false
	case reflect.Struct:
		return Fields(held), true
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			return slog.IntValue(v.Len()), true
		}
	}
	return slog.AnyValue(held), true
}

// fieldName is "baseURL" for BaseURL, and "tlsName" for TLSName.
func fieldName(s string) string {
	runes := []rune(s)
	n := 0
	for n < len(runes) && unicode.IsUpper(runes[n]) {
		n++
	}
	if n > 1 && n < len(runes) {
		n--
	}
	return strings.ToLower(string(runes[:n])) + string(runes[n:])
}
