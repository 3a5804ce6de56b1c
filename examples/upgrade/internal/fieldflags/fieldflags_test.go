package fieldflags_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

const root = "../../../.."

// texts calls for each string of the sources of a folder with its place, tests aside. The parts of a sum are one
// string, with "…" for what is not constant.
func texts(t *testing.T, folder string, call func(where, text string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && slices.Contains(notSDK, d.Name()) {
			return errOr(err, fs.SkipDir)
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		var visit func(ast.Node) bool
		visit = func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				_, imports := n.(*ast.ImportSpec)
				return !imports
			}
			text, others, ok := fold(e)
			if !ok {
				return true
			}
			call(files.Position(n.Pos()).String(), text)
			for _, other := range others {
				ast.Inspect(other, visit)
			}
			return false
		}
		ast.Inspect(parsed, visit)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// fold is the text of a string or of a sum that has one, and the parts of it that are none.
func fold(e ast.Expr) (text string, others []ast.Expr, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ = strconv.Unquote(e.Value)
			return text, nil, true
		}
	case *ast.BinaryExpr:
		left, inLeft, isText := fold(e.X)
		right, inRight, isTextToo := fold(e.Y)
		if e.Op == token.ADD && (isText || isTextToo) {
			return left + right, append(inLeft, inRight...), true
		}
	}
	return "…", []ast.Expr{e}, false
}

var (
	sdk    = []string{"idconnect", "keystore", "migration", "internal"}
	notSDK = []string{"testdata", "javatest", "idconnecttest", "openidmtest"} // folders of tests
)

var (
	// Other programs have flags, up to the end of their command.
	others = regexp.MustCompile("(?:keytool|openssl|java|Java|go test|unzip|gunzip|bunzip2|xz|zstd|base64|xxd|iconv|" +
		"pk12util|brew|/bin/sh) [^;,()`]*")
	flags = regexp.MustCompile(`(?:^|[ ("])-[a-z%{][a-z-]*`)
)

// TestNoFlags: no text of the SDK names a flag, which its importers do not have.
func TestNoFlags(t *testing.T) {
	t.Parallel()
	for _, folder := range sdk {
		texts(t, folder, func(where, text string) {
			if !strings.Contains(text, " ") || strings.Contains(text, " -version") { // an argument, or of Java
				return
			}
			if flag := flags.FindString(others.ReplaceAllString(text, "")); flag != "" {
				t.Errorf("%s: %q names the flag %q", where, text, strings.Trim(flag, ` ("`))
			}
		})
	}
}

var fields = regexp.MustCompile(`\bUpgrade(?:\.[A-Z]\w*)+`)

// unflagged are without a flag: fields that the catalogue explains, and what errors of programs name. A remedy must not
// name them.
var unflagged = []string{"Upgrade.Checks.DiskReserve", "Upgrade.Checks.MaxClockDifference", "Upgrade.Checks.PortHost",
	"Upgrade.Stream", "Upgrade.ValueSample"}

// TestFields: each field that the SDK names exists, and has a flag where a remedy or an error names it.
func TestFields(t *testing.T) {
	t.Parallel()
	seen := func(where, text string) {
		for _, field := range fields.FindAllString(text, -1) {
			if !exists(reflect.TypeFor[*idconnect.Upgrade](), strings.Split(field, ".")[1:]) {
				t.Errorf("%s names %s, which does not exist", where, field)
			}
			if _, ok := fieldflags.Table[field]; !ok && !slices.Contains(unflagged, field) {
				t.Errorf("%s names %s, which has no flag", where, field)
			}
		}
		if strings.Contains(strings.ReplaceAll(text, "Upgrade.Checks.", ""), "Checks.") {
			t.Errorf("%s: %q names a field, but not in full", where, text)
		}
	}
	for _, folder := range sdk {
		texts(t, folder, seen)
	}
	for _, e := range preflight.Catalogue() { // some are made of parts
		seen(e.Code, e.Remedy)
		for _, field := range unflagged {
			if strings.Contains(e.Remedy, field) {
				t.Errorf("the remedy of %s names %s, which has no flag", e.Code, field)
			}
		}
	}
}

// exists says whether a type has a method of this name, or a field of this path.
func exists(of reflect.Type, path []string) bool {
	if len(path) == 0 {
		return true
	}
	if _, ok := of.MethodByName(path[0]); ok {
		return len(path) == 1
	}
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return false
	}
	f, ok := of.FieldByName(path[0])
	return ok && exists(f.Type, path[1:])
}

// TestTable: what is translated exists in the SDK, and the flag or command in the command line.
func TestTable(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	program := settings.New().Program("upgrade")
	for _, c := range program.Commands {
		known[c.Name] = true
	}
	for _, f := range program.Flags {
		known["-"+f.Name] = true
	}
	for field, to := range fieldflags.Table {
		path := strings.Split(field, ".")
		if path[0] == "Upgrade" && !exists(reflect.TypeFor[*idconnect.Upgrade](), path[1:]) {
			t.Errorf("%s does not exist", field)
		}
		if !known[strings.Fields(to)[0]] {
			t.Errorf("%s: the command line has no %s", field, to)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"name its folder (Upgrade.SourceDir)", "name its folder (-source-dir)"},
		{"Upgrade.Source.URL https://a.b.C/, Upgrade.Source.Address h:1.",
			"-source-url https://a.b.C/, -source-address h:1."},
		{"see (Upgrade.Run): then", "see (run): then"},
		{"keystore.Store.PutCertificate, or keytool", "trust -add, or keytool"},
		{"Upgrade.Parse, org.bouncycastle.Provider, Upgrade", "Upgrade.Parse, org.bouncycastle.Provider, Upgrade"},
	} {
		if got := fieldflags.Text(test.text); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	finding := preflight.Codes.JavaDisagrees.Finding("java", "seen")
	was := report.Report{Outcome: "Upgrade.Run", Remedy: "do Upgrade.Run", Findings: preflight.Findings{finding}}
	got := fieldflags.Value(was)
	if got.Remedy != "do run" || !strings.Contains(got.Findings[0].Remedy, "(-java-home)") {
		t.Errorf("not translated: %q, %q", got.Remedy, got.Findings[0].Remedy)
	}
	if got.Outcome != was.Outcome || was.Findings[0] != finding {
		t.Errorf("more than texts for people was changed: %+v", got)
	}
}
