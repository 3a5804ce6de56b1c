package installation

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/await"
)

func TestProperties(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("testdata", "properties", "odd.properties"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseProperties(content)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a": "1", "b": "2", "c": "3", "d": "xyz", "e=f": "g", "h": "ä\tq", "i": "",
		"j": `\`,
		"k": "ä", "Ab": "😀",
		"l": "=m", "n": ": o", "p": "q ", "": "empty key", "trail": "x  ", "dup": "2", "cr": "1", "cr2": "2",
		"long": `ab\c\`, "next": "1", "after": "1", "esc aped": " #!:", "ff": "x", "end": "",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, broken := range []string{`a=\u12`, `a=\u12x4`, `\u=1`, `a=\u+123`} {
		if _, err := parseProperties([]byte(broken)); err == nil {
			t.Errorf("%s was read", broken)
		}
	}
}

// TestPropertiesContinued: a file of nothing but continued lines is read in a
// moment, not in the square of its length.
func TestPropertiesContinued(t *testing.T) {
	t.Parallel()
	await.Within(t, "reading it", 10*time.Second, func() {
		got, err := parseProperties([]byte("a=" + strings.Repeat("\\\nx", maxProperties/3)))
		if err != nil || len(got["a"]) != maxProperties/3 {
			t.Errorf("%d, %v", len(got["a"]), err)
		}
	})
}

// TestPropertiesAsJava compares with java.util.Properties.
func TestPropertiesAsJava(t *testing.T) {
	t.Parallel()
	java, err := exec.LookPath("java")
	if err != nil {
		if os.Getenv("REQUIRE_TOOLS") == "1" {
			t.Fatal("java is not there")
		}
		t.Skip("needs java, 11 or newer, with its compiler")
	}
	files, err := filepath.Glob(filepath.Join("testdata", "properties", "*.properties"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	args := append([]string{filepath.Join("testdata", "properties", "Dump.java")}, files...)
	out, err := exec.CommandContext(t.Context(), java, args...).CombinedOutput()
	if err != nil {
		if os.Getenv("REQUIRE_TOOLS") == "1" || !strings.Contains(string(out), "compiler") {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skip("needs a java with its compiler")
	}
	hex := func(s string) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			fmt.Fprintf(&b, "%04x", u)
		}
		return b.String()
	}
	var ours []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseProperties(content)
		if err != nil {
			t.Fatal(err)
		}
		ours = append(ours, file)
		for _, k := range slices.Sorted(maps.Keys(got)) {
			ours = append(ours, hex(k)+"="+hex(got[k]))
		}
	}
	theirs := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(out), "\r\n", "\n")), "\n")
	if d := cmp.Diff(theirs, ours); d != "" {
		t.Errorf("Java reads otherwise:\n%s", d)
	}
}

// FuzzProperties: what is read can be written in the plainest form and is then
// read as the same.
func FuzzProperties(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "properties", "*.properties"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseProperties(b)
		if err != nil {
			return
		}
		var plain strings.Builder
		escape := func(s string) {
			for _, u := range utf16.Encode([]rune(s)) {
				fmt.Fprintf(&plain, `\u%04x`, u)
			}
		}
		for k, v := range got {
			escape(k)
			plain.WriteByte('=')
			escape(v)
			plain.WriteByte('\n')
		}
		again, err := parseProperties([]byte(plain.String()))
		if d := cmp.Diff(got, again); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	})
}
