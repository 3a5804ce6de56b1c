package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
)

var update = flag.Bool("update", false, "write testdata/help")

// said runs a command that changes nothing.
func said(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	a := &app{out: &o, err: &e, tty: noTerminal{}, env: func(string) string { return "" }}
	code = a.run(t.Context(), args)
	return code, o.String(), e.String()
}

// TestHelp: the help of every command, in 80 columns, is that of testdata/help.
func TestHelp(t *testing.T) {
	t.Parallel()
	pages := map[string][]string{"upgrade": {"help"}}
	for _, c := range settings.New().Program("upgrade").Commands {
		pages["upgrade-"+c.Name] = []string{"help", c.Name}
	}
	var want []string
	for name, args := range pages {
		file := filepath.Join("testdata", "help", name+".txt")
		want = append(want, file)
		code, out, errs := said(t, args...)
		if code != exitDone || errs != "" {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > 80 || strings.HasSuffix(line, " ") {
				t.Errorf("%s: %q", name, line)
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(file)
		if err != nil || strings.ReplaceAll(string(golden), "\r", "") != out {
			t.Errorf("%s: another page (go test -run TestHelp -update writes it): %v\n%s", file, err, out)
		}
	}
	have, err := filepath.Glob("testdata/help/*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("pages %v, want %v", have, want)
	}
}

// TestHelpExamples: the command lines that help shows can be parsed, and every flag
// has a group and a command.
func TestHelpExamples(t *testing.T) {
	t.Parallel()
	p := settings.New().Program("upgrade")
	missing := regexp.MustCompile(`there is no such|cannot find|no such file|unknown fault`)
	for i := range p.Commands {
		c := &p.Commands[i]
		if len(c.Examples) == 0 || len(c.Exits) == 0 {
			t.Errorf("%s: no example, or no exit codes", c.Name)
		}
		for _, example := range c.Examples {
			words := strings.Fields(example)
			if parsed, err := p.Parse(c, words[1:]); parsed == nil || err != nil && !missing.MatchString(err.Error()) {
				t.Errorf("%s: %v", example, err)
			}
		}
	}
	for _, f := range p.Flags {
		grouped := slices.ContainsFunc(p.Groups, func(g command.Group) bool { return g.Name == f.Group })
		if !grouped || len(f.Commands) == 0 {
			t.Errorf("-%s: group %q, commands %v", f.Name, f.Group, f.Commands)
		}
		for _, name := range f.Commands {
			if p.Find(name) == nil {
				t.Errorf("-%s: no command %s", f.Name, name)
			}
		}
	}
}
