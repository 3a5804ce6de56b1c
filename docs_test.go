package upgrade_test

import (
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
