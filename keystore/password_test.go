package keystore

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestPasswordDoesNotLeak(t *testing.T) {
	t.Parallel()
	p := NewPassword("hush-hush")
	nested := struct{ p Password }{p}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, p)
		fmt.Fprintf(&out, verb, nested)
		fmt.Fprintf(&out, verb, &nested)
	}
	j, err := json.Marshal(map[string]any{"p": p})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	if s := out.String(); strings.Contains(s, "hush") || strings.Contains(s, hex.EncodeToString([]byte("hush"))) {
		t.Error(s)
	}
}

// TestExposed: a password knows where others may read it. The lists of Windows are tried in internal/disk.
func TestExposed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("folders and bits are those of Unix")
	}
	dir, err := os.MkdirTemp("/var/tmp", "exposed") // a test's own folder is closed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "pw")
	if err := errors.Join(os.WriteFile(file, []byte("hush\n"), 0o644), os.Chmod(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{0o700: "", 0o755: "everyone"} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func(string) (Password, error){
			"password": ReadPasswordFile, "secret": ReadSecretFile,
		} {
			p, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			if at, to := p.Exposed(); to != want || (at == file) != (want != "") {
				t.Errorf("%s in a folder of %o: %q, %q", name, mode, at, to)
			}
			if p.Reveal() != map[string]string{"password": "hush", "secret": "hush\n"}[name] {
				t.Errorf("%s: other content", name)
			}
		}
	}
	if _, err := ReadSecretFile(dir); err == nil {
		t.Error("a folder is no secret")
	}
	if at, to := NewPassword("hush").Exposed(); at != "" || to != "" {
		t.Errorf("%q, %q", at, to)
	}
	if at, to := (Password{}).Exposed(); at != "" || to != "" {
		t.Errorf("%q, %q", at, to)
	}
}
