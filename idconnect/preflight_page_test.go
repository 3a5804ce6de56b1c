package idconnect

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/findings.md anew")

// TestFindingsPage: the page says what the catalogue says, and every link leads
// to a section of its own.
func TestFindingsPage(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := WriteCatalogue(&want); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "docs", "findings.md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(got), "\r\n", "\n")
	if page != want.String() {
		t.Error("docs/findings.md is not what the catalogue says: go test ./idconnect -run TestFindingsPage -update")
	}
	var anchors []string
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(page, -1) {
		anchors = append(anchors, strings.ToLower(m[1]))
	}
	for _, e := range Catalogue() {
		_, anchor, _ := strings.Cut(e.Doc(), "docs/findings.md#")
		i := slices.Index(anchors, anchor)
		if i < 0 {
			t.Errorf("%s: no section for %s", e.Code, e.Doc())
			continue
		}
		anchors = slices.Delete(anchors, i, i+1)
		if e.Means == "" || e.Checks == "" || e.Severity != Informs && (e.Why == "" || e.Remedy == "") {
			t.Errorf("%s: the entry is not whole: %+v", e.Code, e)
		}
	}
	if len(anchors) > 0 {
		t.Errorf("sections without a code, or twice: %v", anchors)
	}
}

// TestCodes: the constants and the catalogue name the same codes, each once,
// and each constant is documented and used by a check.
func TestCodes(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "preflight_codes.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var checks strings.Builder
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "preflight_c") && strings.Contains(name, "catalogue") || name == "preflight_codes.go" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		checks.Write(b)
	}
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		name := v.Names[0].Name
		if v.Doc == nil || !strings.HasPrefix(v.Doc.Text(), name+":") {
			t.Errorf("%s is not documented", name)
		}
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(checks.String()) {
			t.Errorf("no check finds %s", name)
		}
		constants = append(constants, code)
		return true
	})
	var entries []string
	for _, e := range Catalogue() {
		entries = append(entries, e.Code)
	}
	slices.Sort(constants)
	slices.Sort(entries)
	if !slices.Equal(constants, entries) {
		t.Errorf("constants %v\nentries %v", constants, entries)
	}
	if len(slices.Compact(slices.Clone(entries))) != len(entries) {
		t.Error("a code stands twice")
	}
}
