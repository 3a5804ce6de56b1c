package verify

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
)

func TestRepairList(t *testing.T) {
	t.Parallel()
	r := &Report{
		Collections: []CollectionReport{
			{Name: "users", Resource: "repo/managed/user", Missing: []string{"a", "b/c d"},
				MissingCount: 5, Extra: []string{"e"}, ExtraCount: 1,
				Changed: []Change{{ID: "line\nbreak"}}, ChangedCount: 1},
			{Name: "roles", Resource: "managed/role"},
		},
		Failed: &FailedRecords{Records: []FailedRecord{
			{Collection: "users", ID: "a", Missing: true}, {Collection: "users", ID: "f", Missing: true},
			{Collection: "users", ID: "there"}, {Collection: "", ID: "x", Missing: true},
			{Collection: "roles", ID: "r", Missing: true},
		}},
	}
	file := filepath.Join(t.TempDir(), "ids")
	more, err := r.SaveRepairList(file)
	if err != nil || more != 3 {
		t.Fatalf("%d more, %v", more, err)
	}
	got, err := os.ReadFile(file)
	const want = "# Identity Connect: records to migrate again\nrepo/managed/user/a\nrepo/managed/user/b%2Fc%20d\n" +
		"repo/managed/user/line%0Abreak\nrepo/managed/user/f\nmanaged/role/r\n"
	if err != nil || string(got) != want {
		t.Errorf("%v, got\n%s", err, got)
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := r.SaveRepairList(filepath.Join(file, "below")); err == nil {
		t.Error("a folder that is a file: no error")
	}
}

// TestReadRepairList: what is written is read, and what no comparison writes is said
// with its line.
func TestReadRepairList(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ids")
	read := func(content string) ([]string, error) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadRepairList(file)
	}
	got, err := read("\ufeff" + repairHead + "\r\nrepo/managed/user/a%2Fb%20c\r\n# more\nrepo/link/x\nrepo/link/x\n")
	if err != nil || !slices.Equal(got, []string{"repo/managed/user/a%2Fb%20c", "repo/link/x"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, path := range []string{"x", "repo/link", "repo/link/", "/repo/link/x", "repo//link/x", "repo/../link/x",
		"repo/link/..", "repo/link/.", "repo/link/%2E%2E", "repo/link/%zz", "repo/link/a b", "repo/link/a?_action=x",
		"repo/link/%ff", "https://h/openidm/repo/link/x", "repo/li%6ek/x", "repo/link/x#y"} {
		if got, err := read(repairHead + path + "\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	for _, id := range []string{"a", "a/b", "ü ?#%", "line\nbreak", "..a", "*", "a;b"} {
		r := &Report{Collections: []CollectionReport{{Resource: "repo/link", Missing: []string{id}}}}
		list, _ := r.RepairList()
		if resource, got, err := carry.Split(list[0]); resource != "repo/link" || got != id || err != nil {
			t.Errorf("%q: %s %q, %v", id, resource, got, err)
		}
	}
	if _, err := ReadRepairList(file + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
