package setup

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
)

// TestSetupRedacts: what a script prints shows the password in no form that
// programs print.
func TestSetupRedacts(t *testing.T) {
	const password = `hush "hush" & /ü`
	forms := []string{
		password, `hush \"hush\" \u0026 /ü`, url.QueryEscape(password), url.PathEscape(password),
		base64.StdEncoding.EncodeToString([]byte(password)),
		hex.EncodeToString([]byte(password)), "OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0", "CRYPT:0123456789abcdef",
	}
	var out []string
	s := newSession(Options{KeystorePassword: keystore.NewPassword(password), MaxOutput: 1 << 20,
		Output: func(line string) { out = append(out, line+"\n") }})
	for _, form := range forms {
		// In two pieces, as a terminal may give it.
		line := "password=" + form + " was read\n"
		for _, piece := range []string{line[:14], line[14:]} {
			if err := s.take([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := strings.Join(out, "") + s.fail(Exit, errors.New("exit status 1")).Error()
	for _, form := range forms {
		if strings.Contains(text, form) {
			t.Errorf("%s is shown", form)
		}
	}
	if n := strings.Count(strings.Join(out, ""), "password=[redacted] was read\n"); n != len(forms) {
		t.Errorf("%d of %d lines are as they should be:\n%s", n, len(forms), out)
	}
}

// TestRedactsShort: a password that is hardly one is hidden, too.
func TestRedactsShort(t *testing.T) {
	t.Parallel()
	s := newSession(Options{KeystorePassword: keystore.NewPassword("x1")})
	if got := s.clean("wrong: x1"); got != "wrong: [redacted]" {
		t.Error(got)
	}
}
