package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

const hostile = "hostile\x1b[2J\x1b]0;title\x07\u009b31m\u202egnp\u2066\u200f\u2028\x7f"

// TestHostileStore: what a key store says steers no terminal, be it shown as
// text or as JSON, or as an error.
func TestHostileStore(t *testing.T) {
	t.Parallel()
	password := keystore.NewPassword("changeit")
	s := keystore.New(keystore.JCEKS)
	for _, key := range []string{"changeit", "other"} {
		o := keystore.PutOptions{Password: keystore.NewPassword(key), Iterations: 1}
		if err := s.PutSecretKey(hostile+key, hostile, make([]byte, 16), o); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := s.Encode(&b, password); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hostile.jceks")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"inspect", "-keys", path}, {"inspect", "-keys", "-json", path},
		{"compare", path, path}, {"compare", "-json", path, path}, {"compare", "-keys", path, path}} {
		var out, errs bytes.Buffer
		a := &app{out: &out, err: &errs, tty: noTerminal{}, env: func(n string) string {
			return map[string]string{"IDC_KEYSTORE_PASSWORD": "changeit"}[n]
		}}
		a.run(t.Context(), args)
		unprintable := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
		text := out.String() + errs.String()
		if !strings.Contains(text, "hostile") || strings.ContainsFunc(text, unprintable) {
			t.Errorf("%v: %q", args, text)
		}
		var back any
		if args[len(args)-2] == "-json" && json.Unmarshal(out.Bytes(), &back) != nil {
			t.Errorf("%v: no JSON", args)
		}
	}
}

// TestHostileError: an error that is shown is printable, and so is a command
// that is to be repeated.
func TestHostileError(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New(hostile), &idconnect.StepError{Step: "x", Err: errors.New(hostile)},
		context.Canceled} {
		var out bytes.Buffer
		a := &app{err: &out, args: []string{"run", "-source-dir", hostile, "it's"}}
		a.exit(err, false)
		text := out.String()
		if !strings.Contains(text, "hostile") || strings.ContainsAny(text, "\x1b\u009b\u202e\x07") {
			t.Errorf("%q", text)
		}
	}
	for _, c := range []struct{ system, word, want string }{
		{"linux", "it's here.zip", `'it'\''s here.zip'`}, {"linux", "https://h:1/openidm/", "https://h:1/openidm/"},
		{"windows", `C:\idc 716\x`, `"C:\idc 716\x"`}, {"windows", `C:\idc716`, `C:\idc716`}, {"darwin", "$x", "'$x'"},
	} {
		if got := quoted(c.word, c.system); got != c.want {
			t.Errorf("%s: %s, want %s", c.system, got, c.want)
		}
	}
	a := (&app{started: "/opt/idcupgrade.exe"}).commandLine([]string{"run", "-source-url", "https://h:1/openidm/"})
	if want := "idcupgrade run -source-url https://h:1/openidm/"; a != want {
		t.Errorf("%s, want %s", a, want)
	}
}
