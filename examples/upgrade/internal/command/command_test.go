package command_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
)

// values are set by the flags of program.
type values struct {
	dir, list, to string
	files         []string
	wait          time.Duration
	rate          int
	json          bool
}

func program(v *values) *command.Program {
	v.wait = time.Minute
	return &command.Program{Name: "prog", About: "Do it",
		Groups: []command.Group{{Name: "g", Title: "General"}},
		Exits:  []command.Exit{{Code: 0, Means: "done"}, {Code: 9, Means: "never"}},
		Commands: []command.Command{
			{Name: "run", Group: "g", Short: "run it", Family: "f",
				Arguments: []string{"FILE", "[MORE]"}, Exits: []int{0}},
			{Name: "back", Group: "g", Short: "undo it", Family: "f"},
			{Name: "other", Group: "g", Short: "another"},
		},
		Flags: []command.Flag{
			{Name: "dir", Group: "g", Value: "folder", Family: "f", Commands: []string{"run"}, Into: &v.dir,
				Help: "where",
				Check: func(s string) error {
					if s == "bad" {
						return errors.New("is bad")
					}
					return nil
				}},
			{Name: "list", Group: "g", Value: "steps", Family: "f", Commands: []string{"run"}, Into: &v.list,
				List: true, Noun: "step", Choices: []string{"one", "two"}},
			{Name: "file", Group: "g", Value: "file", Commands: []string{"run"}, Into: &v.files},
			{Name: "wait", Group: "g", Value: "duration", Commands: []string{"run"}, Into: &v.wait, Help: "how long"},
			{Name: "rate", Group: "g", Value: "number", Commands: []string{"run"}, Into: &v.rate},
			{Name: "json", Group: "g", Family: "f", Commands: []string{"run", "back"}, Into: &v.json},
			{Name: "to", Group: "g", Value: "step", Commands: []string{"back"}, Into: &v.to},
		}}
}

// TestParse: one dash or two, before and after the arguments, in any form that
// package flag knows.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"-dir d -json -wait 5s -file x -file y in", "--dir d --json --wait 5s --file x --file y in",
		"in -dir=d -json=true -wait=5s -file=x -file=y", "-dir d in --json -wait 5s -file x -file y",
		"-dir first -dir d -json -wait 5s -file x -file y -- in",
	} {
		var v values
		p := program(&v)
		parsed, err := p.Parse(p.Find("run"), strings.Fields(typed))
		if err != nil || v.dir != "d" || !v.json || v.wait != 5*time.Second ||
			!slices.Equal(v.files, []string{"x", "y"}) ||
			!slices.Equal(parsed.Arguments, []string{"in"}) ||
			!parsed.Given("dir") || parsed.Given("rate") {
			t.Errorf("%s: %v, %+v, %v", typed, err, v, parsed)
		}
	}
	for typed, want := range map[string]string{
		"run in -h": "", "run -help": "",
		"run -dir bad -list one,tow in": `-dir bad: is bad; -list: unknown step "tow"`,
		"back -dir bad":                 "ok", "other -dir d": "other has no flag -dir, which belongs to run",
		"run -to one in": "run has no flag -to, which belongs to back", "run": "run needs FILE",
		"run a b c": `unexpected argument "c"`, "run -- -x y": "ok",
		"run -- a -x": "ok", "run a -- -json": "ok",
	} {
		var v values
		p := program(&v)
		words := strings.Fields(typed)
		c := p.Find(words[0])
		_, err := p.Parse(c, words[1:])
		err = p.See(c, err)
		var mistake *command.Mistake
		switch {
		case want == "" && !errors.Is(err, command.ErrHelp), want == "ok" && err != nil:
			t.Errorf("%s: %v", typed, err)
		case want == "" || want == "ok":
		case !errors.As(err, &mistake) || mistake.What != want || mistake.Hint == "":
			t.Errorf("%s: %q", typed, err)
		}
	}
}

// TestSet: a configuration file sets what was not typed, and is held to the same.
func TestSet(t *testing.T) {
	t.Parallel()
	var v values
	p := program(&v)
	parsed, err := p.Parse(p.Find("run"), []string{"-dir", "typed", "in"})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(parsed.Set("dir", "file"), parsed.Set("rate", "7"))
	if err != nil || v.dir != "typed" || v.rate != 7 {
		t.Errorf("%v, %+v", err, v)
	}
	for name, value := range map[string]string{"rat": "1", "rate": "x", "list": "three", "to": "one"} {
		if err := parsed.Set(name, value); err == nil {
			t.Errorf("-%s %s was set", name, value)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	p := program(&values{})
	for typed, want := range map[string]string{
		"": "run back other", "r": "run", "help b": "back", "run -": "-dir -list -file -wait -rate -json",
		"run --d": "--dir", "run -list ": "one two", "run -list one,t": "one,two", "run -dir ": "",
		"run in -json -r": "-rate",
		"back -d":         "", "fly -": "", "run -json ": "",
	} {
		var got []string
		for _, c := range p.Complete(strings.Split(typed, " ")) {
			got = append(got, c.Word)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", typed, got, want)
		}
	}
	words, ok := command.Completing([]string{"__complete", "plan", `""`})
	if !ok || !slices.Equal(words, []string{"plan", ""}) {
		t.Errorf("%q, %v", words, ok)
	}
	if _, ok := command.Completing([]string{"plan"}); ok {
		t.Error("a command is taken for a question")
	}
}
