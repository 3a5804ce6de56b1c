package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
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

const usage = `usage: upgrade COMMAND [flags]

  plan      run the preflight checks and list the steps; changes nothing
  run       perform the upgrade; after an interruption, run it again to resume
  status    show how far the upgrade is, from the servers and the disk; -watch
            polls the migration until it ends
  verify    compare both servers record by record
  repair    -ids FILE [-apply]
            restore records that verify -ids listed; without -apply, show what
            would be written
  rollback  undo what run changed; -to STEP undoes that step and later ones

  export    -source-dir D [-recipient age1…] FILE
            write both stores of the source to one encrypted file, for a target
            on another machine
  import    [-identity-file F] FILE -target-dir D ...
            perform the step stores from such a file; run -stores-file FILE
            performs all steps

  inspect   [-json] [-keys] [-password-file F] STORE
            list the entries of a key store (JCEKS, JKS, PKCS#12) with their
            certificates: names, dates, keys, fingerprints
  compare   [-json] [-keys] [-password-file F] [-password-file-b F] A B
            compare two key stores by alias and key
  trust     -truststore F -host NAME (-chain FILE | -connect HOST:PORT) [-json]
            check whether a JVM with this truststore accepts that server;
            -save-server FILE writes the server's certificate, and -add puts it
            into the truststore once its -fingerprint was compared

  demo      [-fault NAME] [-keep]
            show the whole flow on a temporary installation and embedded servers

Passwords are read from files (-source-password-file and so on), from
IDC_SOURCE_PASSWORD, IDC_TARGET_PASSWORD, IDC_KEYSTORE_PASSWORD,
IDC_TRUSTSTORE_PASSWORD and IDC_HANDOVER_PASSWORD (for export and import), or
from a prompt on the terminal, never from arguments.

exit codes: 0 done, 1 failed or differences found, 2 wrong usage,
3 blocked by preflight, nothing changed, 4 the same as far as compared, 5 nothing
to compare, 130 interrupted, run it again to resume

upgrade COMMAND -h lists the flags of a command. Example:

  upgrade plan -source-dir /opt/idc21/salesforceIdConnect \
     -target-dir /opt/idc716/salesforceIdConnect -package IdConnect-7.1.6.zip \
     -source-url https://idc21.example.com:8443/openidm/ \
     -source-password-file source.pw -target-password-file target.pw
`

// app is the command line and its environment, which tests replace.
type app struct {
	out, err io.Writer
	env      func(string) string
	tty      terminal
	args     []string // of the command that runs
}

// terminal prompts for passwords, and asks questions.
type terminal interface {
	Line(ctx context.Context, question string) (string, error)
	Password(ctx context.Context, prompt string) (keystore.Password, error)
}

// usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func (a *app) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(a.err, usage)
		return exitUsage
	}
	commands := map[string]func(context.Context, []string) error{
		"plan": a.plan, "run": a.upgrade, "status": a.status, "verify": a.verify, "rollback": a.rollback,
		"repair": a.repair, "export": a.export, "import": a.importStores,
		"inspect": a.inspect, "compare": a.compare, "trust": a.trust, "demo": a.demo,
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(a.out, usage)
		return exitDone
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(a.err,
			"upgrade: error: unknown command %q\nupgrade: hint: for a list of commands, run: upgrade help\n",
			args[0])
		return exitUsage
	}
	a.args = args
	return a.exit(command(ctx, args[1:]))
}

// exitCode is the error of a command whose output already says why it failed.
type exitCode int

func (exitCode) Error() string { return "" }

// exit prints an error and its remedy, and returns the exit code.
func (a *app) exit(err error) int {
	var missing *idconnect.MissingError
	var shown exitCode
	var wrong *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.As(err, &shown):
		return int(shown)
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(a.err, "upgrade: interrupted; to resume, run: %s\n", commandLine(a.args))
		return exitInterrupted
	}
	var door redact.Redactor // the secrets of a run are taken out by the run
	if said := err.Error(); said != "" {
		fmt.Fprintf(a.err, "upgrade: error: %s\n", door.Lines(fieldflags.Text(said)))
	}
	if remedy := idconnect.RemedyOf(err); remedy != "" {
		fmt.Fprintf(a.err, "upgrade: hint: %s\n", door.Lines(fieldflags.Text(remedy)))
	}
	switch {
	case errors.As(err, &wrong), errors.As(err, &missing):
		return exitUsage
	}
	return idconnect.ExitCode(err)
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./~-]+$`)

// commandLine is a command as it is typed. Passwords are no arguments.
func commandLine(args []string) string {
	words := []string{"upgrade"}
	for _, arg := range args {
		if !plainWord.MatchString(arg) {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return redact.Redactor{}.Line(strings.Join(words, " "))
}

// flags returns a flag set that prints usage only on request.
func (a *app) flags(name, arguments string) *flag.FlagSet {
	f := flag.NewFlagSet("upgrade "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {
		fmt.Fprintf(a.out, "usage: upgrade %s [flags] %s\n", name, arguments)
		f.SetOutput(a.out)
		f.PrintDefaults()
		f.SetOutput(io.Discard)
	}
	return f
}

// parse parses args, with flags before and after the arguments. It returns the
// arguments, exactly one for each name.
func parse(f *flag.FlagSet, args []string, names ...string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usagef("%v", err)
		}
		if args = f.Args(); len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if len(rest) != len(names) {
		if len(names) == 0 {
			return nil, usagef("unexpected argument %q", rest[0])
		}
		return nil, usagef("needs %s", strings.Join(names, " and "))
	}
	return rest, nil
}

func (a *app) json(v any) error {
	e := json.NewEncoder(text.JSONWriter(a.out))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
