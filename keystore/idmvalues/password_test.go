package idmvalues

import (
	"errors"
	"testing"
)

func TestBootPasswords(t *testing.T) {
	t.Parallel()
	var file struct {
		Passwords []struct{ Plaintext, OBF, CRYPT string }
	}
	readJSON(t, "boot-passwords.json", &file)
	if len(file.Passwords) < 3 {
		t.Fatal("no passwords")
	}
	for _, p := range file.Passwords {
		for _, form := range []string{p.Plaintext, p.OBF, p.CRYPT} {
			got, err := DecodePassword(form)
			if err != nil || got.Reveal() != p.Plaintext {
				t.Errorf("%s: %q, %v", form, got.Reveal(), err)
			}
		}
	}
	for _, text := range []string{"CONSOLE", "Console", "console"} {
		if _, err := DecodePassword(text); !errors.Is(err, ErrConsole) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzBootPassword(f *testing.F) {
	for _, s := range []string{"plain", "CONSOLE", "OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0",
		"CRYPT:6903a5eef8c04aa07163ea1248cab76a", "OBF:U", "CRYPT:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := DecodePassword(s); (err == nil) == p.IsZero() {
			t.Fatalf("%v, zero %v", err, p.IsZero())
		}
	})
}
