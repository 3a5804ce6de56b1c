package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// damagedPair is two servers with their folders below dir: the target lost a user,
// a role was altered, and a user has a role that is nowhere.
func damagedPair(t *testing.T) (dir string, source, target *openidmtest.Server) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"source", "target"} {
		if err := os.MkdirAll(filepath.Join(dir, name, "security"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	source = openidmtest.NewSource(t, openidmtest.Options{Users: 20, Roles: 3})
	security := filepath.Join(dir, "source", "security")
	if err := source.WriteStores(security); err != nil {
		t.Fatal(err)
	}
	target = openidmtest.NewTarget(t, openidmtest.Options{Users: 20, Roles: 3,
		Keystore:   filepath.Join(security, "keystore.jceks"),
		Truststore: filepath.Join(security, "truststore")})
	if err := target.WriteFolder(filepath.Join(dir, "target")); err != nil {
		t.Fatal(err)
	}
	if err := source.WriteFolder(filepath.Join(dir, "source")); err != nil {
		t.Fatal(err)
	}
	target.Delete("managed/user", "u00003")
	target.Put("managed/role", "r00001", map[string]any{"name": "altered"})
	setRoles(source, "managed/role/nowhere")
	return dir, source, target
}

func setRoles(source *openidmtest.Server, roles any) {
	for id, r := range source.Records("managed/user") {
		if id == "u00004" {
			r["roles"] = roles
			source.Put("managed/user", id, r)
		}
	}
}

// TestRepair: verify writes the list, repair shows what it would do, asks for a
// backup, restores, and what was refused is said.
func TestRepair(t *testing.T) {
	t.Parallel()
	dir, source, target := damagedPair(t)
	var asked []string
	answer := "no"
	ids := filepath.Join(dir, "ids")
	run := func(args ...string) (code int, out, errs string) {
		t.Helper()
		var o, e bytes.Buffer
		a := &app{out: &o, err: &e, tty: person{answer, &asked}, env: func(name string) string {
			return map[string]string{"IDC_SOURCE_PASSWORD": "openidm-admin", "IDC_TARGET_PASSWORD": "openidm-admin",
				"IDC_KEYSTORE_PASSWORD": "changeit"}[name]
		}}
		args = append(args, "-ids", ids, "-checks-off", "*", "-source-url", source.URL, "-target-url", target.URL,
			"-source-dir", filepath.Join(dir, "source"), "-target-dir", filepath.Join(dir, "target"))
		code = a.run(t.Context(), args)
		return code, o.String(), e.String()
	}
	holds := func(said string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("no %q in:\n%s", w, said)
			}
		}
	}
	writes := func() int {
		return len(slices.DeleteFunc(target.Requests(), func(r openidmtest.Request) bool { return r.Method != "PUT" }))
	}
	if code, _, errs := run("verify"); code != exitFailed {
		t.Fatalf("verify: exit %d, %s", code, errs)
	}
	code, out, errs := run("repair")
	if code != exitDone || len(asked) > 0 || writes() > 0 {
		t.Errorf("a dry run: exit %d, asked %q, %d writes, %s", code, asked, writes(), errs)
	}
	holds(out, "create    repo/managed/user/u00003\n", "update    repo/managed/role/r00001  (description, name)\n",
		"refused   repo/managed/user/u00004\n          its member roles is not there",
		"3 records: 1 to create, 1 to update, 0 as they should be, 1 refused.", "add -apply", "assumed")
	code, _, errs = run("repair", "-apply")
	if code != exitFailed || len(asked) != 1 || !strings.Contains(asked[0], "backup") || writes() > 0 {
		t.Errorf("no: exit %d, asked %q, %d writes, %s", code, asked, writes(), errs)
	}
	holds(errs, "nothing was changed")
	answer = "Yes"
	code, out, errs = run("repair", "-apply")
	if code != exitFailed || len(asked) != 3 || writes() != 2 {
		t.Errorf("yes: exit %d, asked %q, %d writes, %s", code, asked, writes(), errs)
	}
	holds(out, "created   repo/managed/user/u00003", "updated   repo/managed/role/r00001",
		"3 records: 2 restored, 0 as they should be, 1 refused.")
	setRoles(source, nil)
	if code, out, errs = run("repair", "-apply", "-yes", "-json"); code != exitDone || len(asked) != 3 {
		t.Errorf("at last: exit %d, asked %q, %s", code, asked, errs)
	}
	holds(out, `"action": "update"`, `"done": true`, `"verify": {`)
}
