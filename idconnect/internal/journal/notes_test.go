package journal

import (
	"reflect"
	"testing"
)

// TestEach: each gives the notes of all members that have one, and FolderGone forgets what is in the folder.
func TestEach(t *testing.T) {
	t.Parallel()
	var d data
	members, notes := reflect.ValueOf(&d).Elem(), 0
	for i := range members.NumField() {
		m := members.Field(i)
		of := m.Type()
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Pointer || of.Elem().Kind() != reflect.Struct {
			continue
		}
		value := reflect.New(of.Elem())
		note := value.Elem().FieldByName("Note")
		if !note.IsValid() {
			continue
		}
		notes++
		note.Set(reflect.ValueOf(Begin()))
		if m.Kind() == reflect.Slice {
			value = reflect.Append(m, value)
		}
		m.Set(value)
	}
	seen := map[string]bool{}
	for step, n := range d.each {
		if seen[step] = true; d.Note(step) != n {
			t.Errorf("%s has another note", step)
		}
	}
	if len(seen) != notes || notes < 5 {
		t.Errorf("%d of %d: %v", len(seen), notes, seen)
	}
	d.FolderGone()
	for step := range d.each {
		if step != "migrate" {
			t.Errorf("%s is left", step)
		}
	}
}
