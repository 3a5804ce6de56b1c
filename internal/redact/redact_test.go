package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
)

const secret = `Sesame "open" <&> ü+`

func redactor(secrets ...string) redact.Redactor {
	var passwords []keystore.Password
	for _, s := range secrets {
		passwords = append(passwords, keystore.NewPassword(s))
	}
	return redact.New("openidm-admin", passwords...)
}

func TestText(t *testing.T) {
	t.Parallel()
	escaped, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"plain":         secret,
		"JSON":          strings.Trim(string(escaped), `"`),
		"JSON, no HTML": strings.ReplaceAll(secret, `"`, `\"`),
		"HTML":          html.EscapeString(secret),
		"query":         url.QueryEscape(secret),
		"path":          url.PathEscape(secret),
		"RFC 5987":      strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
		"base64":        base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64, raw":   base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"base64, URL":   base64.URLEncoding.EncodeToString([]byte(secret)),
		"hex":           hex.EncodeToString([]byte(secret)),
		"lower case":    strings.ToLower(secret),
		"UPPER CASE":    strings.ToUpper(strings.ReplaceAll(secret, "ü", "\u00fc")),
		"HEX":           strings.ToUpper(hex.EncodeToString([]byte(secret))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := "login of openidm-admin/[redacted] refused"
			if got := redactor(secret).Text("login of openidm-admin/" + form + " refused"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestNotLookedFor(t *testing.T) {
	t.Parallel()
	const text = "the password of openidm-admin is abc"
	for name, r := range map[string]redact.Redactor{
		"none":          {},
		"no secret":     redactor(),
		"an empty one":  redactor(""),
		"a short one":   redactor("abc"),
		"the user name": redactor("openidm-admin"),
	} {
		if got := r.Text(text); got != text || r.Cut(text) != text || r.Holds(json.RawMessage(`"`+text+`"`)) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestOneBeginsTheOther wants the longer of two secrets taken out whole.
func TestOneBeginsTheOther(t *testing.T) {
	t.Parallel()
	for _, r := range []redact.Redactor{redactor("changeit", "changeit2"), redactor("changeit2", "changeit")} {
		if got := r.Text("changeit2, changeit"); got != "[redacted], [redacted]" {
			t.Error(got)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	r := redactor("s3cret-Passw0rd")
	for text, want := range map[string]string{
		"it was s3cret-Passw0rd": "it was [redacted]",
		"it was s3cret-Pass":     "it was ",
		"it was s3cr":            "it was ",
		"it was s3c":             "it was s3c", // too short to tell
		"it was not":             "it was not",
	} {
		if got := r.Cut(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	r := redactor(secret)
	text, err := json.Marshal("it was " + secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, raw, want string }{
		{"nothing to hide", `{ "a": [1, "x"] }`, `{ "a": [1, "x"] }`},
		{"a string", string(text), `"it was [redacted]"`},
		{"deep, beside a number", `{"n":12345678901234567890,"a":[{"b":` + string(text) + `}]}`,
			`{"n":12345678901234567890,"a":[{"b":"it was [redacted]"}]}`},
		{"a name", `{` + string(text) + `:1}`, `{"it was [redacted]":1}`},
		{"escaped otherwise", `"S\u0065same \"open\" <&> \u00fc+"`, `"[redacted]"`},
		{"no JSON", `<p>` + secret, `<p>[redacted]`},
		{"empty", ``, ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := string(r.JSON(json.RawMessage(tc.raw))); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if r.Holds(json.RawMessage(tc.raw)) != (tc.raw != tc.want) {
				t.Error("Holds says otherwise")
			}
		})
	}
}

// Statuses of many megabytes are redacted on their way.
func BenchmarkJSON(b *testing.B) {
	r := redactor(secret, "s3cret-Passw0rd", "changeit", "another-one")
	record := `{"_id":"u12345","mail":"\"a\" <b@example.com>","sum":"dGhlIHF1aWNrIGJyb3du"},`
	raw := json.RawMessage(`[` + strings.Repeat(record, 20_000) + `null]`)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if r.Holds(raw) {
			b.Fatal("it holds none")
		}
	}
}

// TestPrinted prints what holds a redactor with every verb: fmt follows a pointer at
// the top, and one more below it for a verb that does not fit.
func TestPrinted(t *testing.T) {
	t.Parallel()
	r := redact.New("", keystore.NewPassword("correct horse"))
	type held struct{ hide redact.Redactor }
	for _, value := range []any{r, &r, held{r}, &held{r}, []held{{r}}, struct{ Deep *held }{&held{r}}} {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flag := range []string{"", "+", "#"} {
				said := fmt.Sprintf("%"+flag+string(verb), value)
				if strings.Contains(said, "horse") || strings.Contains(said, "686f727365") ||
					strings.Contains(said, "[104 111") {
					t.Errorf("%%%s%c of %T shows the secret", flag, verb, value)
				}
			}
		}
	}
}
