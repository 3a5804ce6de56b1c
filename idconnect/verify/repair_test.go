package verify

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
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
