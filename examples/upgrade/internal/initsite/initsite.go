// Package initsite writes the first description of a site: it looks around, asks
// the few questions that remain, and writes a commented file. Begin with [Run].
package initsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// Mark is the first line of every file that is written.
const Mark = "# A site of Identity Connect, described by upgrade init."

// ErrNoAnswer is what Options.Ask returns when nobody answers.
var ErrNoAnswer = errors.New("nobody answers")

// Answers are what has to be known. Those that are not "" are not asked for.
type Answers struct {
	SourceDir, TargetDir, Package     string
	SourceURL, TargetURL, InstanceURL string
	SourcePassword, TargetPassword    string // a file, or env:NAME
	SourceUser, TargetUser, JavaHome  string
	Handover, HandoverPassphrase      string // of two machines
	KeystorePassword                  string
}

// Options say what to write, and how to get the answers.
type Options struct {
	// Path of the file; "" is [siteconfig.FileName] in the current folder.
	Path    string
	Answers Answers
	// Yes takes every default and asks nobody.
	Yes bool
	// Replace allows a file of an earlier init to be replaced, which is otherwise
	// asked for.
	Replace bool
	// Ask shows a question and returns the line that was typed.
	Ask func(ctx context.Context, question string) (string, error)
	// Patient asks again after an answer that cannot be used: somebody sits there.
	Patient bool
	// Roots are patterns of folders to look for installations in; nil: the usual
	// ones of this system.
	Roots []string
	// Out gets what was found and what to run next.
	Out io.Writer
	// Program is what people type to start this program.
	Program string
}

// missing says without which flags nothing can be written, and why.
func (s *session) missing(flags []string, reason string) error {
	return &command.Mistake{What: fmt.Sprintf("init needs %s: %s", strings.Join(flags, ", "), reason),
		Hint: "answer on a terminal, or run: " + s.Program + " init " + strings.Join(flags, " … ") + " … -yes"}
}

// Run asks, and writes the file. What cannot be answered, and a file that is there
// already, are a [*command.Mistake].
func Run(ctx context.Context, o Options) error {
	if o.Path == "" {
		o.Path = siteconfig.FileName
	}
	s := &session{Options: o, a: o.Answers}
	if err := s.mayWrite(ctx); err != nil {
		return err
	}
	s.lookAround()
	if err := s.askAll(ctx); err != nil {
		return err
	}
	text, err := s.render()
	if err != nil {
		return err
	}
	if _, err := siteconfig.Parse(o.Path, text); err != nil {
		return err
	}
	if err := s.output().Write(text); err != nil {
		return err
	}
	return s.next()
}

// session is one run of init.
type session struct {
	Options
	a     Answers
	two   bool // machines
	found around
}

func (s *session) output() disk.Output {
	return disk.Output{Path: s.Path, Mode: 0o600, Marks: []string{Mark}, Keep: []string{s.a.SourceDir}}
}

// mayWrite says why the file must not be written, before anything is asked.
func (s *session) mayWrite(ctx context.Context) error {
	if err := s.output().Check(); err != nil {
		return err
	}
	if _, err := os.Lstat(s.Path); err != nil || s.Replace {
		return nil
	}
	exists := &command.Mistake{What: s.Path + " exists already, from an earlier init",
		Hint: "add -replace, or write another file: -config FILE"}
	if s.Yes {
		return exists
	}
	answer, err := s.Ask(ctx, s.Path+" is there already, from an earlier init. Replace it? [y/N]")
	if err != nil {
		return s.unanswered(err)
	}
	if !prompt.IsYes(answer) {
		return exists
	}
	return nil
}

// next says what to run.
func (s *session) next() error {
	config := ""
	if filepath.Clean(s.Path) != siteconfig.FileName {
		config = " -config " + s.Path
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s is written. It holds no passwords.\n\nnext:\n", s.Path)
	row := func(command, does string) { fmt.Fprintf(&b, "  %s %-16s %s\n", s.Program, command+config, does) }
	if s.two {
		row("export", "on the machine of 2.1: writes the stores, encrypted, to "+s.a.Handover)
		fmt.Fprintf(&b, "  then copy %s and %s to the machine of 7.1.6, and there:\n", s.a.Handover, s.Path)
	}
	row("plan", "runs the preflight checks and lists the steps; changes nothing")
	row("run", "performs the upgrade")
	_, err := io.WriteString(s.Out, b.String())
	return err
}
