package upgrade_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of rooms in CONTRIBUTING.md anew")

// TestRooms: CONTRIBUTING.md shows all rooms, in their order, by the first sentence of each.
func TestRooms(t *testing.T) {
	var want strings.Builder
	want.WriteString("| room | what it does |\n|---|---|\n")
	for _, r := range rooms {
		if r.path != "" {
			fmt.Fprintf(&want, "| `%s` | %s |\n", r.path, purpose(t, r.path))
		}
	}
	const file = "CONTRIBUTING.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	at := regexp.MustCompile(`(?m)^\| room \|(.*\n)(\|.*\n)*`).FindIndex(content)
	if at == nil {
		t.Fatal(file + " has no table of rooms")
	}
	if string(content[at[0]:at[1]]) == want.String() {
		return
	}
	if !*update {
		t.Fatal(file + " has another table of rooms: go test . -run TestRooms -update")
	}
	content = bytes.Replace(content, content[at[0]:at[1]], []byte(want.String()), 1)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// purpose is the first sentence of a package's comment, without its beginning.
func purpose(t *testing.T, dir string) string {
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Doc != nil && !strings.HasSuffix(file, "_test.go") {
			words := strings.SplitN(new(doc.Package).Synopsis(parsed.Doc.Text()), " ", 3)
			return strings.TrimSuffix(words[len(words)-1], ".")
		}
	}
	t.Errorf("%s: no package comment", dir)
	return ""
}
