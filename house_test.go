package upgrade_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Limits of the house; see rooms for those of packages.
const (
	maxPackage  = 2600 // lines without tests
	maxFile     = 450  // lines, of tests, too
	maxFunction = 80   // lines, of tests, too
	maxColumns  = 120  // with tabs of 4
	tabColumns  = 4

	maxNames      = 60  // exported names of idconnect
	maxNamesBelow = 120 // and of the public packages below it together
)

// room is a package of this module.
type room struct {
	path  string
	limit int // of its lines without tests; 0: maxPackage
	// only, unless nil, are all the rooms that it may import.
	only []string
	// closed rooms are imported by tests and examples alone.
	closed bool
}

// rooms in their order: each imports only what stands above it.
var rooms = []room{
	{path: ""},
	{path: "internal/text"},
	{path: "internal/version"},
	{path: "internal/echo"},
	{path: "internal/exhaustive", closed: true},
	{path: "internal/await", closed: true},
	{path: "internal/executable", closed: true},
	{path: "internal/port", closed: true},
	{path: "internal/symlink", closed: true},
	{path: "internal/disk"},
	{path: "keystore/internal/pkcs7"},
	{path: "keystore/internal/x500"},
	{path: "keystore/internal/certificate"},
	{path: "keystore/internal/kind"},
	{path: "keystore/internal/p12"},
	{path: "keystore/internal/textfile"},
	{path: "keystore/internal/javatext"},
	{path: "keystore", limit: 3800},
	{path: "internal/costlykeys", closed: true},
	{path: "keystore/internal/javatest", closed: true},
	{path: "keystore/internal/javatest/grammar", closed: true},
	{path: "keystore/idmvalues"},
	{path: "keystore/jvmtrust"},
	{path: "internal/redact"},
	{path: "internal/crest"},
	{path: "migration/openidm/internal/hello"},
	{path: "migration/openidm"},
	{path: "migration/openidmtest/internal/table"},
	{path: "migration/openidmtest/internal/access"},
	{path: "migration/openidmtest/internal/generation"},
	{path: "migration/openidmtest/internal/keys"},
	{path: "migration/openidmtest/internal/policy"},
	// A fake that shared structs with the client would share its mistakes.
	{path: "migration/openidmtest", limit: 5000, closed: true, only: []string{"internal/text", "internal/port",
		"internal/disk", "keystore", "keystore/idmvalues", "keystore/jvmtrust", "internal/crest",
		"migration/openidmtest/internal/table",
		"migration/openidmtest/internal/access", "migration/openidmtest/internal/generation",
		"migration/openidmtest/internal/keys", "migration/openidmtest/internal/policy"}},
	{path: "migration"},
	{path: "internal/cost", closed: true},
	{path: "idconnect/internal/host"},
	{path: "idconnect/internal/installation"},
	{path: "idconnect/internal/handover"},
	{path: "idconnect/internal/setup"},
	{path: "idconnect/internal/archive"},
	{path: "idconnect/internal/journal"},
	{path: "idconnect/internal/sealed"},
	{path: "idconnect/internal/digest"},
	{path: "idconnect/internal/sums"},
	{path: "idconnect/internal/ranges"},
	{path: "idconnect/internal/firstread"},
	{path: "idconnect/changes"},
	{path: "idconnect/internal/carry"},
	{path: "idconnect/internal/identity"},
	{path: "idconnect/internal/verdict"},
	{path: "idconnect/internal/reason"},
	{path: "idconnect/verify"},
	{path: "idconnect/repair"},
	{path: "idconnect/acceptance"},
	{path: "idconnect/preflight"},
	{path: "idconnect/report"},
	{path: "idconnect/internal/ending"},
	{path: "idconnect/internal/site"},
	{path: "idconnect/internal/undo"},
	{path: "idconnect/internal/storecopy"},
	{path: "idconnect/internal/jobs"},
	{path: "idconnect/internal/connectedapp"},
	{path: "idconnect/internal/inspect"},
	{path: "idconnect/internal/once"},
	{path: "idconnect"},
	{path: "idconnect/idconnecttest", closed: true},
}

// forCommands are modules that no package of the SDK imports.
var forCommands = []string{"go.yaml.in/yaml/v3", "github.com/santhosh-tekuri/jsonschema/v6"}

func roomAt(path string) int {
	return slices.IndexFunc(rooms, func(r room) bool { return r.path == path })
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Doc string
	GoFiles              []string
	Module               struct{ Path string }

	room string // ImportPath within the module
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,GoFiles,Module", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		p.room = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
		all = append(all, p)
	}
}

func isExample(room string) bool { return strings.HasPrefix(room, "examples/") }

// TestHouse: every package has its place, its size and its comment, and imports
// only what stands above it.
func TestHouse(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s: no package comment", p.ImportPath)
		}
		at := roomAt(p.room)
		if at < 0 && !isExample(p.room) {
			t.Errorf("%s: not in the table of rooms", p.ImportPath)
		}
		// Of all systems, not only of this one.
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines += bytes.Count(content, []byte("\n"))
			parsed, err := parser.ParseFile(token.NewFileSet(), file, content, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range parsed.Imports {
				to, _ := strconv.Unquote(i.Path.Value)
				if slices.Contains(forCommands, to) && !isExample(p.room) {
					t.Errorf("%s of %s imports %s, which is for commands", filepath.Base(file), p.room, to)
				}
				if to, ours := strings.CutPrefix(to, p.Module.Path+"/"); ours {
					checkArrow(t, filepath.Base(file), p.room, to)
				}
			}
		}
		limit := maxPackage
		if at >= 0 && rooms[at].limit > 0 {
			limit = rooms[at].limit
		}
		if lines > limit {
			t.Errorf("%s: %d lines, at most %d", p.ImportPath, lines, limit)
		}
		t.Logf("%5d of %d lines: %s", lines, limit, p.ImportPath)
	}
}

func checkArrow(t *testing.T, file, from, to string) {
	t.Helper()
	if isExample(from) {
		return
	}
	i, j := roomAt(from), roomAt(to)
	switch {
	case i < 0: // said already
	case j < 0 || j > i:
		t.Errorf("%s of %s imports %s, which does not stand above it", file, from, to)
	case rooms[j].closed && !rooms[i].closed:
		t.Errorf("%s of %s imports %s, which is for tests and examples", file, from, to)
	case rooms[i].only != nil && !slices.Contains(rooms[i].only, to):
		t.Errorf("%s of %s imports %s, not one of %v", file, from, to, rooms[i].only)
	}
}

// nothing lets packages be checked without those that they import: their own
// names are the same.
type nothing struct{}

func (nothing) Import(p string) (*types.Package, error) {
	return types.NewPackage(p, path.Base(p)), nil
}

// TestNames counts what a user of idconnect may have to learn.
func TestNames(t *testing.T) {
	below := 0
	for _, p := range listPackages(t) {
		if !strings.HasPrefix(p.room+"/", "idconnect/") || strings.Contains(p.room, "/internal/") {
			continue
		}
		files := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		c := types.Config{IgnoreFuncBodies: true, Importer: nothing{}, Error: func(error) {}}
		checked, _ := c.Check(p.ImportPath, files, parsed, nil)
		n := 0
		for _, name := range checked.Scope().Names() {
			if token.IsExported(name) {
				n++
			}
		}
		t.Logf("%3d exported names: %s", n, p.ImportPath)
		if p.room != "idconnect" {
			below += n
		} else if n > maxNames {
			t.Errorf("idconnect: %d exported names, at most %d", n, maxNames)
		}
	}
	t.Logf("%3d of %d exported names in the public packages below idconnect", below, maxNamesBelow)
	if below > maxNamesBelow {
		t.Errorf("the public packages below idconnect: %d exported names, at most %d", below, maxNamesBelow)
	}
}

// TestSizes: files, functions and lines, of all modules here.
func TestSizes(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := bytes.Count(content, []byte("\n")); n > maxFile {
			t.Errorf("%s: %d lines, at most %d", path, n, maxFile)
		}
		at := 0
		for line := range strings.Lines(string(content)) {
			at++
			if n := columns(strings.TrimRight(line, "\r\n")); n > maxColumns {
				t.Errorf("%s:%d: %d columns, at most %d", path, at, n, maxColumns)
			}
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, content, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		if ast.IsGenerated(parsed) {
			return nil
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := files.Position(f.Pos()).Line, files.Position(f.End()).Line
			if n := to - from + 1; n > maxFunction {
				t.Errorf("%s:%d: %s has %d lines, at most %d", path, from, f.Name.Name, n, maxFunction)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPrograms: what people write on the SDK stays short, by lines of the whole file.
func TestPrograms(t *testing.T) {
	for file, limit := range map[string]int{
		"idconnect/example_sites_test.go":         46,
		"idconnect/example_script_test.go":        52,
		"migration/example_unit_test.go":          69,
		"keystore/idmvalues/example_copy_test.go": 36,
		"idconnect/example_watch_test.go":         64,
		"idconnect/idconnecttest/example_test.go": 44, // a unit test of a whole upgrade, and a program
	} {
		content, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(content, []byte("\n")); n > limit {
			t.Errorf("%s: %d lines, at most %d", file, n, limit)
		}
	}
}

func columns(line string) (n int) {
	for line != "" {
		r, size := utf8.DecodeRuneInString(line)
		if line = line[size:]; r == '\t' {
			n += tabColumns - n%tabColumns
		} else {
			n++
		}
	}
	return n
}
