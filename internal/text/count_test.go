package text_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/text"
)

func TestPlural(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 users":                   text.Plural(0, "user"),
		"1 mark of the servers":     text.Plural(1, "mark of the servers"),
		"2 marks of the servers":    text.Plural(2, "mark of the servers"),
		"2 jobs of the scheduler":   text.Plural(2, "job of the scheduler"),
		"2 values with a key":       text.Plural(2, "value with a key"),
		"2 entries":                 text.Plural(2, "entry"),
		"2 keys":                    text.Plural(2, "key"),
		"2 days":                    text.Plural(2, "day"),
		"2 addresses":               text.Plural(2, "address"),
		"3 checks":                  text.Plural(3, "check"),
		"3 batches":                 text.Plural(3, "batch"),
		"-1,000 records":            text.Plural(int64(-1000), "record"),
		"1,437 bytes":               text.Bytes(1437),
		"2,048 MB":                  text.Bytes(2 << 30),
		"1 step is":                 text.Number(1, "step is", "steps are"),
		"1,000 steps are":           text.Number(1000, "step is", "steps are"),
		"-123":                      text.Grouped(-123),
		"9,223,372,036,854,775,807": text.Grouped(int64(1<<63 - 1)),
		"2 encrypted values":        text.Plural(2, "encrypted value"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// handMade are counts before a noun whose number nobody decides, as in "%d records".
var handMade = regexp.MustCompile(`%d (?:[a-z]+ )?(?:record|user|role|link|file|entr(?:y|ie)|check|step|key|` +
	`value|finding|warning|collection|request|job|mapping|connector|document)s?\b|\(s\)`)

// isHandMade reports whether a node of source text is a plural. Limits, "more than %d", are many.
func isHandMade(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		s, ok := n.Y.(*ast.BasicLit)
		return ok && n.Op == token.ADD && (s.Value == `"s"` || s.Value == `"es"`)
	case *ast.BasicLit:
		return n.Kind == token.STRING && handMade.MatchString(strings.ReplaceAll(n.Value, "more than %d", ""))
	}
	return false
}

// TestOnePlural: no other code makes plurals.
func TestOnePlural(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	for _, top := range []string{"idconnect", "migration", "internal", filepath.Join("examples", "upgrade")} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				filepath.Base(filepath.Dir(path)) == "text" || strings.Contains(path, "openidmtest") {
				return err
			}
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if n != nil && isHandMade(n) {
					t.Errorf("%s: a plural made by hand: use text.Plural", files.Position(n.Pos()))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
