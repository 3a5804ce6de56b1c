package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/demo"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // or differences found
	exitUsage  = 2
	// Others are those of idconnect.ExitCode.
	exitInterrupted = 130
)

// app is the command line and its environment, which tests replace.
type app struct {
	in       io.Reader // of the answers for init; nil: there are none
	out, err io.Writer
	env      func(string) string
	tty      terminal
	started  string   // as what, "" for "upgrade"
	args     []string // of the command that runs
}

// terminal prompts for passwords, and asks questions.
type terminal interface {
	// Available reports whether somebody can be asked; Interactive, whether a person
	// rather than a script started the command.
	Available() bool
	Interactive() bool
	Line(ctx context.Context, question string) (string, error)
	Password(ctx context.Context, prompt string) (keystore.Password, error)
}

// call is one command as it was typed.
type call struct {
	*settings.Settings
	*command.Parsed
	program *command.Program
	wrong   error            // what is wrong with the values of its flags
	file    *siteconfig.File // of the site; nil: none
}

// lacks says that the command cannot do without a flag, unless it is held or was typed.
func (c *call) lacks(flag, value, held string) error {
	if held != "" || c.Given(flag) {
		return nil
	}
	return &command.Mistake{What: c.Command.Name + " needs -" + flag, Hint: "add -" + flag + " " + value}
}

func usagef(format string, args ...any) error {
	return &command.Mistake{What: fmt.Sprintf(format, args...)}
}

func (a *app) commands() map[string]func(context.Context, *call) error {
	return map[string]func(context.Context, *call) error{
		"plan": a.plan, "run": a.upgrade, "status": a.status, "verify": a.verify, "rollback": a.rollback,
		"repair": a.repair, "export": a.export, "import": a.importStores,
		"inspect": a.inspect, "compare": a.compare, "trust": a.trust, "demo": a.demo, "help": a.help,
		"init": a.init, "version": a.version, "explain": a.explain, "completion": a.completion,
		"checklist": a.checklist, "support": a.support,
	}
}

// name is that of the program, as it was started.
func (a *app) name() string {
	name := filepath.Base(a.started)
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".exe") {
		name = strings.TrimSuffix(name, ext)
	}
	if name == "." || name == string(filepath.Separator) {
		return "upgrade"
	}
	return text.Line(name)
}

func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	return a.exit(a.perform(ctx, args), wantsJSON(args))
}

// perform performs the command of a command line.
func (a *app) perform(ctx context.Context, args []string) error {
	s := settings.New()
	s.Faults, s.Screen.Program = demo.Faults(), a.name()
	p := s.Program(a.name())
	if words, ok := command.Completing(args); ok {
		return command.WriteCandidates(a.out, p.Complete(words))
	}
	switch {
	case len(args) == 0:
		return &command.Mistake{What: "no command", Hint: "for a list of commands, run: " + p.Name + " help"}
	case slices.Contains([]string{"-h", "-help", "--help"}, args[0]):
		args = append([]string{"help"}, args[1:]...)
	case slices.Contains([]string{"-version", "--version"}, args[0]):
		args = append([]string{"version"}, args[1:]...)
	}
	c := p.Find(args[0])
	if c == nil {
		return p.Unknown(args[0])
	}
	parsed, err := p.Parse(c, args[1:])
	switch {
	case errors.Is(err, command.ErrHelp):
		return p.WriteHelpOf(a.out, c)
	case parsed == nil, err != nil && c.Family == "":
		return p.See(c, err)
	}
	one := &call{Settings: s, Parsed: parsed, program: p, wrong: err}
	if c.Family == settings.SiteFamily {
		err := a.useConfig(ctx, one)
		var unusable *settings.FileError
		if errors.As(err, &unusable) {
			return unusable.Err
		}
		one.wrong = command.Join(one.wrong, err)
	}
	return p.See(c, a.commands()[c.Name](ctx, one))
}

// wantsJSON reports whether -json is among arguments that could not be parsed yet.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"-json", "--json", "-json=true", "--json=true"}, arg)
	})
}

// exitCode is the error of a command whose output already says why it failed.
type exitCode int

func (exitCode) Error() string { return "" }

// failure is an error for programs.
type failure struct {
	Error    string `json:"error"`
	Remedy   string `json:"remedy,omitempty"`
	ExitCode int    `json:"exitCode"`
}

// exit prints an error and its remedy, and returns the exit code.
func (a *app) exit(err error, asJSON bool) int {
	var shown exitCode
	var door redact.Redactor // the secrets of a run are taken out by the run
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &shown):
		return int(shown)
	case errors.Is(err, context.Canceled):
		resume := "to resume, run: " + a.commandLine(a.args)
		if asJSON {
			return a.fail(failure{"interrupted", resume, exitInterrupted})
		}
		fmt.Fprintf(a.err, "%s: interrupted; %s\n", a.name(), resume)
		return exitInterrupted
	}
	said, remedy := fieldflags.Text(err.Error()), fieldflags.Text(idconnect.RemedyOf(err))
	f := failure{door.Lines(said), door.Lines(remedy), idconnect.ExitCode(err)}
	var missing *idconnect.MissingError
	var wrong *command.Mistake
	if errors.As(err, &wrong) || errors.As(err, &missing) {
		f = failure{door.Line(said), door.Line(remedy), exitUsage}
	}
	var problems yamlfile.Problems
	if errors.As(err, &problems) {
		f = failure{door.Lines(said), "", exitUsage}
	}
	if asJSON {
		return a.fail(f)
	}
	if f.Error != "" {
		fmt.Fprintf(a.err, "%s: error: %s\n", a.name(), f.Error)
	}
	if f.Remedy != "" {
		fmt.Fprintf(a.err, "%s: hint: %s\n", a.name(), f.Remedy)
	}
	return f.ExitCode
}

// fail prints an error as one line of JSON.
func (a *app) fail(f failure) int {
	e := json.NewEncoder(text.JSONWriter(a.err))
	e.SetEscapeHTML(false)
	_ = e.Encode(f) // the exit code says the same
	return f.ExitCode
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./~-]+$`)

// quoted is a word as the shells of a system take it: on Windows, cmd and PowerShell.
func quoted(word, system string) string {
	switch {
	case plainWord.MatchString(word):
		return word
	case system == "windows":
		if plainWord.MatchString(strings.ReplaceAll(word, `\`, "")) {
			return word
		}
		return `"` + word + `"`
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// commandLine is a command as it is typed. Passwords are no arguments.
func (a *app) commandLine(args []string) string {
	words := []string{a.name()}
	for _, arg := range args {
		words = append(words, quoted(arg, runtime.GOOS))
	}
	return redact.Redactor{}.Line(strings.Join(words, " "))
}

func (a *app) json(v any) error {
	e := json.NewEncoder(text.JSONWriter(a.out))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
