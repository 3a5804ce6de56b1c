package idmvalues

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxDepth bounds the nesting of a document.
const maxDepth = 1000

// Scan calls found for every {"$crypto":…} in a JSON document, at any
// depth up to 1,000, with its JSON pointer (RFC 6901) and its text, but for those
// that are [Hashed]. One that is kept as a text, quotes and all, is found, too: its
// value is then that text without them. Scan reads the document once and stops at the
// first error of found.
func Scan(doc []byte, found func(pointer string, value []byte) error) error {
	if !bytes.Contains(doc, []byte("$crypto")) && !bytes.Contains(doc, []byte(`\u`)) {
		if !json.Valid(doc) {
			return errors.New("looking for encrypted values: not JSON")
		}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var open []level
	inside := 0 // how many levels were open when an encrypted value began
	for {
		t, err := d.Token()
		if err == io.EOF && len(open) == 0 {
			return nil
		}
		if err != nil {
			return scanError(err)
		}
		if t == json.Delim('}') || t == json.Delim(']') {
			done := open[len(open)-1]
			open = open[:len(open)-1]
			if inside > len(open) {
				inside = 0
				value := doc[done.start:d.InputOffset()]
				if Hashed(value) {
					continue
				}
				if err := found(pointer(open), value); err != nil {
					return err
				}
			}
			continue
		}
		if len(open) > 0 {
			l := &open[len(open)-1]
			if name, ok := t.(string); ok && l.object && !l.named {
				l.name, l.named = name, true
				if name == "$crypto" && inside == 0 {
					inside = len(open)
				}
				continue
			}
			l.named = false
			l.index++
		}
		if value, ok := t.(string); ok && inside == 0 && isKeptAsText(value) {
			if err := found(pointer(open), []byte(value)); err != nil {
				return err
			}
		}
		if t == json.Delim('{') || t == json.Delim('[') {
			if len(open) == maxDepth {
				return fmt.Errorf("looking for encrypted values: nested deeper than %d", maxDepth)
			}
			open = append(open, level{object: t == json.Delim('{'), start: d.InputOffset() - 1})
		}
	}
}

// isKeptAsText reports whether a text is an encrypted value.
func isKeptAsText(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	if !strings.HasPrefix(s, "{") || len(s) > maxValue || !strings.Contains(s, "$crypto") {
		return false
	}
	_, ok := members([]byte(s))["$crypto"]
	return ok && !Hashed([]byte(s))
}

// level is an object or an array that the scan is in.
type level struct {
	object bool
	start  int64
	name   string // of the member
	named  bool   // its value is to come
	index  int    // of the element, from 1
}

func pointer(levels []level) string {
	var b strings.Builder
	for _, l := range levels {
		name := strconv.Itoa(l.index - 1)
		if l.object {
			name = strings.NewReplacer("~", "~0", "/", "~1").Replace(l.name)
		}
		b.WriteString("/" + name)
	}
	return b.String()
}

func scanError(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("looking for encrypted values: %w", err)
}
