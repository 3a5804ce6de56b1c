package archive

import (
	"strings"
	"testing"
)

// TestRules: a refusal says which rule it is, and no sentence fits another.
func TestRules(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, rule := range map[string]string{
		"":                        "is empty",
		strings.Repeat("x", 2000): "more than 1024 bytes",
		strings.Repeat("a/", 101): "folders deep",
		"caf\xe9":                 "not UTF-8",
		`a\b`:                     "a backslash",
		"C:/a":                    "a colon",
		"/a":                      "absolute",
		"a*":                      "characters",
		"../a":                    "leads out",
		"a/../b":                  "leads out",
		"a/./b":                   "an empty part, or a dot",
		"a//b":                    "an empty part, or a dot",
		"a ":                      "a dot or a space",
		"nul":                     "a device",
	} {
		got := nameFault(name)
		if !strings.Contains(got, rule) {
			t.Errorf("%.20q: %s, want %q", name, got, rule)
		}
		if other, ok := seen[got]; ok && other != rule {
			t.Errorf("%q says what %q says", rule, other)
		}
		seen[got] = rule
	}
	for _, c := range []struct{ first, second, rule string }{
		{"a/", "a/", ""},
		{"a", "a", "another entry has this name"},
		{"a/", "A/", "in case only"},
		{"a", "A", "in case only"},
	} {
		var names entryNames
		if fault := names.add(c.first); fault != "" {
			t.Fatal(fault)
		}
		if got := names.add(c.second); !strings.Contains(got, c.rule) || (got == "") != (c.rule == "") {
			t.Errorf("%q behind %q: %q", c.second, c.first, got)
		}
	}
}
