package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/symlink"
)

// TestOutput: a file is replaced if this program wrote it, and its content is kept; nothing else is touched.
func TestOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	if err := errors.Join(os.Mkdir(source, 0o700), os.WriteFile(at("source/ours"), []byte("# ids 1\nold\n"), 0o600),
		os.WriteFile(at("theirs"), []byte("their thesis\n"), 0o600), os.WriteFile(at("empty"), nil, 0o600),
		os.WriteFile(at("late"), []byte(strings.Repeat(" ", disk.MarkWithin)+"# ids 1\n"), 0o600),
		os.Mkdir(at("folder"), 0o700), os.WriteFile(at("kept.previous"), []byte("theirs"), 0o600)); err != nil {
		t.Fatal(err)
	}
	links := symlink.Work() && os.Symlink("theirs", at("link")) == nil && os.Symlink("source", at("into")) == nil &&
		os.Symlink("source/new", at("dangling")) == nil
	output := func(name string) disk.Output {
		return disk.Output{Path: at(name), Mode: 0o600, Marks: []string{"# ids 1\n"}, Keep: []string{"", source}}
	}
	for name, why := range map[string]string{
		"theirs": "other content", "late": "other content", "folder": "regular", "kept": "kept.previous",
		"source/ours": "only read", "source/new": "only read", "source/new/deep": "only read",
		"link": "a link", "into/ours": "only read", "dangling": "only read",
	} {
		if !links && (name == "link" || name == "into/ours" || name == "dangling") {
			continue
		}
		var refused *disk.OutputError
		before := names(t, dir)
		if err := output(name).Check(); !errors.As(err, &refused) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
		if err := output(name).Write([]byte("# ids 1\n")); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
		if now := names(t, dir); strings.Join(now, " ") != strings.Join(before, " ") {
			t.Errorf("%s: %v", name, now)
		}
	}
	content := func(name string) string {
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	for _, name := range []string{"new", "empty"} {
		for _, text := range []string{"# ids 1\na\n", "# ids 1\nb\n", "# ids 1\nb\n"} {
			if err := output(name).Write([]byte(text)); err != nil || content(name) != text {
				t.Errorf("%s: %v", name, err)
			}
		}
		if content(name+".previous") != "# ids 1\na\n" {
			t.Errorf("%s: %q was kept", name, content(name+".previous"))
		}
	}
	if content("theirs") != "their thesis\n" || content("source/ours") != "# ids 1\nold\n" {
		t.Error("something of others was changed")
	}
}
