package reason

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"", ""},
		{"Policy validation failed", "Policy validation failed"},
		{"org.forgerock.json.resource.PreconditionFailedException: " +
			"Create rejected as Object with same ID already exists",
			"PreconditionFailedException: Create rejected as Object with same ID already exists"},
		{"found duplicated key 'bjensen@example.com' in index 'id' previously",
			"found duplicated key … in index … previously"},
		{`Value "Jane \"J\" Doe" is bad`, "Value … is bad"},
		{`name 'O'Brien' and 'D'Arcy', ('x')`, "name … and …, (…)"},
		{"“a b” and «c» and `d`", "… and … and …"},
		{"mail jane.doe@example.com is taken", "mail … is taken"},
		{"The user's name doesn't fit", "The user's name doesn't fit"},
		{"telephone 08000001 is bad, code 403", "telephone … is bad, code 403"},
		{"password Sup3rS3cret is too short", "password …"},
		{"bad Passwords: a, b", "bad Passwords …"},
		{"API key of the tenant", "API key …"},
		{`could not write {"userName":"x","sn":"y"} to the table`, "could not write …"},
		{"list [a, b] is long", "list … is long"},
		{"list [a, b", "list …"},
		{"line one\nline two\r\n\tthree", "line one line two three"},
		{"\x1b[31mred\x07", "\uFFFD…"},
		{"token eyJhbGciOiJIUzI1NiJ9.abc", "token …"},
		{"value YWFhYWFhYWFhYWFhYWFhYWFhYWFh in it", "value … in it"},
		{"unfinished 'quote of Jane", "unfinished …"},
		{"the secret letmein is quoted", "the secret …"},
		{"said adminpw aloud", "said … aloud"},
	} {
		if got := Harmless(tc.in, hiding("adminpw", "abc")); got != tc.want {
			t.Errorf("%q:\ngot  %q\nwant %q", tc.in, got, tc.want)
		}
	}
	long := Harmless(strings.Repeat("wörd ", 100_000), redact.Redactor{})
	if len(long) > Max+len("…") || !utf8.ValidString(long) {
		t.Errorf("%d bytes: %q", len(long), long)
	}
}

func hiding(secrets ...string) redact.Redactor {
	var all []keystore.Password
	for _, s := range secrets {
		all = append(all, keystore.NewPassword(s))
	}
	return redact.New("", all...)
}

func FuzzHarmless(f *testing.F) {
	f.Add("a 'b' c\x1b", "secret")
	f.Fuzz(func(t *testing.T, said, secret string) {
		got := Harmless(said, hiding(secret))
		if len(got) > Max+len("…") || strings.ContainsAny(got, "\x00\x1b\n\r") {
			t.Fatalf("%q", got)
		}
		if len(secret) >= 4 && strings.Contains(got, secret) && !strings.Contains(secret, "…") &&
			text.Printable(secret) == secret && !strings.Contains(secret, " ") {
			t.Fatalf("%q holds %q", got, secret)
		}
	})
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"password", "userPassword", "PWD", "clientSecret", "access_token", "kbaInfo",
		"securityAnswer", "apiKey", "pin", "privateKey", "passphrase", "encrypted"} {
		if !digest.SecretName(name) {
			t.Errorf("%s is none", name)
		}
	}
	for _, name := range []string{"mail", "userName", "keyword", "shopping", "telephoneNumber", "linkType",
		"monkey"} {
		if digest.SecretName(name) {
			t.Errorf("%s is one", name)
		}
	}
}
