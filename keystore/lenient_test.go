package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// TestJavaAliases: lower case as Java's.
func TestJavaAliases(t *testing.T) {
	t.Parallel()
	var lines []string
	texts := []string{"İSTANBUL", "ΟΔΟΣ", "ΣΑΣ Σ ΑΣ", "ΑΣ.Α", "ΑΣ'Α", "ΑΣ-Α", "ΑΣ. Α", "ΑΣ", "Σ", "ǅ", "ẞ",
		"\u212a", "\u212b", "A\u0345Σ", "ΑΣ1", "ΑΣ_Α", "AB😀Σ", "ΑΣ\u00adΑ", "𐐀", "Ünï", "I", "\u0130\u0307"}
	for _, s := range texts {
		lines = append(lines, fmt.Sprintf("lower\t%x", s))
	}
	answers := ask(t, lines)
	if len(answers) != len(texts) {
		t.Fatalf("%d answers", len(answers))
	}
	for i, s := range texts {
		_, a, _ := strings.Cut(answers[i], "\t")
		if want := unhex(t, a); javatext.LowerCase(s) != want {
			t.Errorf("%q: Java %q, we %q", s, want, javatext.LowerCase(s))
		}
	}
}

// lenient makes stores that Java takes although they are odd.
func lenient(t testing.TB) map[string][]byte {
	t.Helper()
	s := openFixture(t, "trust.jceks")
	head := func(count int) []byte {
		return []byte{0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2, 0, 0, 0, byte(count)}
	}
	seal := func(b []byte) []byte { return append(b, integrity("changeit", b)...) }
	twice := head(3)
	for i, e := range s.entries {
		raw := bytes.Clone(e.raw)
		if i < 2 {
			// The aliases are "inter", "leaf" and "root" in some order: the
			// first two become "x".
			raw = slices.Concat(raw[:4], []byte{0, 1, 'x'}, raw[6+len(e.alias):])
		}
		twice = append(twice, raw...)
	}
	upper := head(2)
	for i, e := range s.entries[:2] {
		upper = append(upper, slices.Concat(e.raw[:4], []byte{0, 1, "Xx"[i]}, e.raw[6+len(e.alias):])...)
	}
	return map[string][]byte{
		"two equal aliases":       seal(twice),
		"bytes after the trailer": append(fixture(t, "trust.jceks"), "more"...),
		"differ in case only":     seal(upper),
	}
}

func wantAlias(name string) string {
	return map[string]string{"two equal aliases": "x", "differ in case only": "X"}[name]
}

// TestLenient: what Java tolerates we read as Java does, with a warning, and
// refuse if strict.
func TestLenient(t *testing.T) {
	t.Parallel()
	for name, data := range lenient(t) {
		s, err := Decode(bytes.NewReader(data), NewPassword("changeit"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, strict := Decode(bytes.NewReader(data), NewPassword("changeit"), Strict())
		if len(s.Warnings()) != 1 || !isAny(strict, ErrFormat) || strict.Error() != s.Warnings()[0] {
			t.Errorf("%s: warnings %q, strict: %v", name, s.Warnings(), strict)
		}
		var where *FormatError
		if errors.As(strict, &where); where == nil || where.Alias != wantAlias(name) {
			t.Errorf("%s: %+v", name, where)
			continue
		}
		at := data[where.Offset:]
		if name == "bytes after the trailer" && string(at) != "more" || name != "bytes after the trailer" &&
			!bytes.HasPrefix(at, []byte("\x00\x00\x00\x02\x00\x01"+where.Alias)) {
			t.Errorf("%s: at offset %d stands %.10q", name, where.Offset, at)
		}
	}
}

func TestJavaIsAsLenient(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "java")
	dir := t.TempDir()
	var questions []question
	for name, data := range lenient(t) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{JCEKS, path, "changeit", "changeit"})
	}
	stores, failed := askJava(t, questions)
	for i, f := range failed {
		if f != "" {
			t.Fatalf("%s: %s", questions[i].path, f)
		}
		if filepath.Base(questions[i].path) == "differ in case only" {
			// Java lists both, and shows one of them under both aliases.
			if len(stores[i]) != 2 {
				t.Errorf("Java lists %d entries", len(stores[i]))
			}
			questions[i].path = filepath.Join("testdata", "fixtures", "trust.jceks")
		}
	}
	agree(t, questions, 4)
}
