package upgrade_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// begin is how the comment of a public package says who needs it, and where to start.
var begin = regexp.MustCompile(`It is for [^.]+(\.[a-zA-Z][^.]*)?\. Begin with \[[^]]+\], \[[^]]+\] and \[[^]]+\]`)

// TestPackageComments: who needs a package, and three names to start from.
func TestPackageComments(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.room == "" || strings.Contains("/"+p.room, "/internal/") || isExample(p.room) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			comment, _, _ := strings.Cut(string(text), "\npackage ")
			found = found || begin.MatchString(strings.ReplaceAll(comment, "\n// ", " "))
		}
		if !found {
			t.Errorf("%s: its comment does not say: It is for …. Begin with [A], [B] and [C]", p.room)
		}
	}
}

// TestSnippets: every piece of Go in README.md and docs stands in a file that is compiled, but for its indentation.
func TestSnippets(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		code.WriteString(unindented(string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, rest := range strings.Split(string(text), "```go\n") {
			snippet, _, closed := strings.Cut(rest, "```\n")
			switch {
			case i == 0:
			case !closed:
				t.Errorf("%s: a piece of Go without an end", page)
			case !strings.Contains(code.String(), "\n"+unindented(snippet)):
				t.Errorf("%s: in no Go file:\n%s", page, snippet)
			default:
				n++
			}
		}
	}
	t.Logf("%d pieces of Go", n)
}

func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

// link is one of Markdown; images have the same form.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks: what the pages link to within the repository is there, headings among it.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, ":") {
				continue
			}
			if to == "" {
				to = page
			} else {
				to = filepath.Join(filepath.Dir(page), to)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", page, m[1])
				continue
			}
			if heading != "" && !hasHeading(t, to, heading) {
				t.Errorf("%s: %s: no such heading", page, m[1])
			}
		}
	}
}

// hasHeading: a heading's name is its text in lower case, without punctuation, with hyphens for blanks.
func hasHeading(t *testing.T, page, name string) bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	drop := regexp.MustCompile(`[^a-z0-9 _-]`)
	for line := range strings.Lines(string(text)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			if strings.ReplaceAll(title, " ", "-") == name {
				return true
			}
		}
	}
	return false
}
