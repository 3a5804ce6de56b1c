package text_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/text"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, begins, ends string }{
		"plain":       {"it works", "it works", "it works"},
		"steers":      {"a\x1b[2J\u202e\u009b\n\xff", "a\uFFFD[2J\uFFFD\uFFFD \uFFFD", "\uFFFD"},
		"long":        {strings.Repeat("x", 5000), "xxx", "x… (cut, of 5,000 bytes)"},
		"long, wide":  {strings.Repeat("ü", 5000), "üü", "ü… (cut, of 10,000 bytes)"},
		"grows":       {strings.Repeat("\x1b", 2000), "\uFFFD", "\uFFFD… (cut, of 2,000 bytes)"},
		"at the edge": {strings.Repeat("x", text.MaxOutside), "xxx", "xxx"},
	} {
		got := text.Line(c.in)
		if len(got) > text.MaxOutside || !utf8.ValidString(got) || !strings.HasPrefix(got, c.begins) ||
			!strings.HasSuffix(got, c.ends) {
			t.Errorf("%s: %d bytes, %.40q…%q", name, len(got), got, got[max(0, len(got)-40):])
		}
		if again := text.Line(got); again != got {
			t.Errorf("%s: another time %.40q", name, again)
		}
	}
}

func TestJSONWriter(t *testing.T) {
	t.Parallel()
	const said = "a\u009b31m\u202e\U000E0001\x7fü\u2028"
	var b bytes.Buffer
	e := json.NewEncoder(text.JSONWriter(&b))
	if err := e.Encode(said); err != nil {
		t.Fatal(err)
	}
	const want = `"a\u009b31m\u202e\udb40\udc01\u007fü\u2028"` + "\n"
	var back string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != said || b.String() != want {
		t.Errorf("%s: %q, %v", &b, back, err)
	}
}
