package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/symlink"
)

// TestLog: lines are added to those of before, one that was cut off stays alone, and
// nothing but a file is written to.
func TestLog(t *testing.T) {
	t.Parallel()
	p := &Place{Dir: t.TempDir()}
	path := filepath.Join(p.Dir, "x.log")
	for i := range 2 {
		l, err := p.OpenLog("x.log")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Add(map[string]int{"n": i}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.f.WriteString(`{"cut":`); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[0], `"entry":{"n":0}}`) || lines[1] != `{"cut":` ||
		!strings.HasSuffix(lines[2], `"entry":{"n":1}}`) {
		t.Errorf("%q", lines)
	}
	names := []string{"."}
	if symlink.Work() {
		symlink.Make(t, path, filepath.Join(p.Dir, "y.log"))
		names = append(names, "y.log")
	}
	for _, name := range names {
		if l, err := p.OpenLog(name); err == nil {
			t.Errorf("%s was opened", name)
			l.Close()
		}
	}
}
