package preflight

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/text"
)

var update = flag.Bool("update", false, "write docs/findings.md anew")

// TestPage: the page says what the catalogue says, and every link leads to a
// section of its own.
func TestPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "findings.md")
	if *update {
		if err := os.WriteFile(path, []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written := strings.ReplaceAll(string(got), "\r\n", "\n")
	if written != page() {
		t.Error("docs/findings.md is not what the catalogue says: " +
			"go test ./idconnect/preflight -run TestPage -update")
	}
	var anchors []string
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(written, -1) {
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
	}
	if len(anchors) > 0 {
		t.Errorf("sections without a code, or twice: %v", anchors)
	}
}

// TestCodes: each entry is whole, has its own code, and is named after it.
func TestCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.Type != reflect.TypeFor[Entry]() {
				if field.Anonymous {
					walk(prefix, v.Field(i))
				} else {
					walk(prefix+field.Name, v.Field(i))
				}
				continue
			}
			e := v.Field(i).Interface().(Entry)
			if name := prefix + field.Name; !strings.EqualFold(name, strings.ReplaceAll(e.Code, "-", "")) {
				t.Errorf("%s has the code %q", name, e.Code)
			}
			if e.Means == "" || e.Checks == "" || e.Severity != Informs && (e.Why == "" || e.Remedy == "") {
				t.Errorf("%s: the entry is not whole: %+v", e.Code, e)
			}
			if got, ok := Lookup(e.Code); !ok || got != e || seen[e.Code] {
				t.Errorf("%s stands twice, or is not found", e.Code)
			}
			seen[e.Code] = true
		}
	}
	walk("", reflect.ValueOf(Codes))
	if len(seen) != len(Catalogue()) {
		t.Errorf("%d codes have a name, the catalogue has %d", len(seen), len(Catalogue()))
	}
	if e, ok := Lookup("NO-SUCH-CODE"); ok {
		t.Errorf("got %+v for a code that does not exist", e)
	}
}

// page is docs/findings.md.
func page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, e := range catalogue {
		fmt.Fprintf(&b, "\n## %s\n\n%s: %s\n\n", e.Code, text.Capital(string(e.Severity)), e.Means)
		fmt.Fprintf(&b, "**What is checked.** %s\n", e.Checks)
		if e.Why != "" {
			fmt.Fprintf(&b, "\n**Why.** %s.\n", text.Capital(e.Why))
		}
		if e.Remedy != "" {
			fmt.Fprintf(&b, "\n**What to do.** %s.\n", text.Capital(e.Remedy))
		}
	}
	return b.String()
}

const pageHead = `# Findings

Before changing anything, ` + "`plan` and `run`" + ` run the preflight checks. All checks run
in parallel, each with its own deadline, and all findings are reported together.
A finding **blocks** (the run would fail, so nothing is changed), **warns** (the
run may fail; it continues) or **informs**. Its code is stable.

This page is written from the catalogue in the package idconnect/preflight, by
its test (` + "`go test ./idconnect/preflight -run TestPage -update`" + `).
A name such as ` + "`Upgrade.Checks.Timeout`" + ` is a field or method of the package
idconnect. The command line shows its own flag or command instead.
`
