package initsite

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
)

// question is one thing to ask for.
type question struct {
	flag, text string
	into       *string
	// otherwise is the default, "" where there is none.
	otherwise string
	optional  bool
	// check says what is wrong with an answer; nil: nothing can be.
	check func(string) error
}

// askAll asks what is not answered yet, each default made of what is known by
// then.
func (s *session) askAll(ctx context.Context) error {
	if err := s.askMachines(ctx); err != nil {
		return err
	}
	a, missing, failed := &s.a, []string(nil), error(nil)
	ask := func(q question) {
		if failed != nil {
			return
		}
		if err := s.ask(ctx, q); errors.Is(err, ErrNoAnswer) {
			missing = append(missing, q.flag)
		} else {
			failed = err
		}
	}
	ask(question{flag: "-source-dir", text: "Folder salesforceIdConnect of 2.1", into: &a.SourceDir,
		otherwise: s.found.source, check: s.folder})
	ask(question{flag: "-target-dir", text: "Folder salesforceIdConnect of 7.1.6 (it need not exist yet)",
		into: &a.TargetDir, otherwise: cmp.Or(s.found.target, besides(a.SourceDir)), check: s.otherFolder})
	ask(question{flag: "-package", text: "Zip file of 7.1.6", into: &a.Package, otherwise: s.found.pack,
		optional: true, check: s.file})
	ask(question{flag: "-source-url", text: "Address of 2.1", into: &a.SourceURL,
		otherwise: addressOf(a.SourceDir, idconnect.DefaultSourceURL), check: isURL})
	ask(question{flag: "-target-url", text: "Address of 7.1.6", into: &a.TargetURL,
		otherwise: addressOf(a.TargetDir, idconnect.DefaultTargetURL), check: isURL})
	ask(s.instance())
	ask(question{flag: "-source-password-file", into: &a.SourcePassword, optional: true, check: isPassword,
		text: "Password of " + user(a.SourceUser) +
			" on 2.1: a file, env:IDC_…_PASSWORD, or nothing to be asked each time"})
	ask(question{flag: "-target-password-file", into: &a.TargetPassword, optional: true, check: isPassword,
		text: "Password of " + user(a.TargetUser) + " on 7.1.6: likewise", otherwise: a.SourcePassword})
	ask(s.keystorePassword())
	if failed == nil && missing != nil {
		return s.missing(missing, "there is no default, and nobody to ask")
	}
	return failed
}

func user(name string) string { return cmp.Or(name, idconnect.DefaultUser) }

// askMachines asks whether there are two machines, and for the file between them.
func (s *session) askMachines(ctx context.Context) error {
	s.two = s.a.Handover != ""
	if s.two || s.Yes {
		return nil
	}
	if s.a.SourceDir != "" && s.a.TargetDir != "" {
		return nil // both are named, so both are here
	}
	answer, err := s.Ask(ctx, "Are 2.1 and 7.1.6 on one machine? [Y/n]")
	if err != nil {
		return s.unanswered(err)
	}
	if s.two = strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "n"); !s.two {
		return nil
	}
	return s.ask(ctx, question{flag: "-handover", text: "File that carries the stores from one to the other",
		into: &s.a.Handover, otherwise: "stores.age"})
}

// instance asks for the address of the source as the target is told it, where the
// certificate is for another name.
func (s *session) instance() question {
	q := question{flag: "-instance-url", into: &s.a.InstanceURL, optional: true, check: isURL}
	if ok, better := certified(s.a.SourceDir, s.a.SourceURL); !ok {
		q.text = "Address of 2.1 by which 7.1.6 reaches it (its certificate is for this name)"
		q.otherwise = better
	}
	return q
}

// keystorePassword asks for that of the source's keystore, where boot.properties has
// none.
func (s *session) keystorePassword() question {
	q := question{flag: "-keystore-password-file", into: &s.a.KeystorePassword, optional: true, check: isPassword}
	if f, err := idconnect.OpenFolder(s.a.SourceDir); err == nil && !f.KeystorePassword {
		q.text = "Password of the keystore of 2.1, which its boot.properties does not have: likewise"
	}
	return q
}

// unanswered is the error of a question that nobody answers.
func (s *session) unanswered(err error) error {
	if !errors.Is(err, ErrNoAnswer) {
		return err
	}
	return s.missing([]string{"-source-dir", "-target-dir", "-package"}, "it asks questions, and nobody answers")
}

// tries is how often a person may correct an answer.
const tries = 5

// ask gets an answer, unless there is one. A question without a text is not asked.
func (s *session) ask(ctx context.Context, q question) error {
	check := func(answer string) error {
		if answer == "" || q.check == nil {
			return nil
		}
		return q.check(answer)
	}
	refused := func(err error) error {
		if err != nil {
			err = &command.Mistake{What: q.flag + ": " + err.Error()}
		}
		return err
	}
	if *q.into != "" || q.text == "" {
		return refused(check(*q.into))
	}
	if s.Yes {
		if *q.into = q.otherwise; q.otherwise == "" && !q.optional {
			return ErrNoAnswer
		}
		return refused(check(q.otherwise))
	}
	text := q.text
	if q.otherwise != "" {
		text += " [" + q.otherwise + "]"
	}
	for left := tries; ; left-- {
		answer, err := s.Ask(ctx, text+":")
		if err != nil {
			return s.unanswered(err)
		}
		answer = cmp.Or(strings.TrimSpace(answer), q.otherwise)
		if answer == "" && !q.optional {
			err = errors.New("an answer is needed")
		} else if err = check(answer); err == nil {
			*q.into = answer
			return nil
		}
		if !s.Patient || left == 1 {
			return refused(err)
		}
		fmt.Fprintln(s.Out, err)
	}
}

// here makes a path one of this process: in a file of another folder a relative
// path starts there.
func (s *session) here(path string) (string, error) {
	if filepath.IsAbs(path) || filepath.Dir(filepath.Clean(s.Path)) == "." {
		return path, nil
	}
	return filepath.Abs(path)
}

// folder accepts one that is not on this machine if there are two.
func (s *session) folder(path string) error {
	_, err := idconnect.OpenFolder(path)
	if _, missing := os.Stat(path); errors.Is(missing, os.ErrNotExist) && s.two {
		return nil
	}
	return err
}

// otherFolder accepts a folder that is not there yet.
func (s *session) otherFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("not a folder")
	case filepath.Clean(path) == filepath.Clean(s.a.SourceDir):
		return errors.New("that is the folder of 2.1")
	}
	return nil
}

// file accepts one that is not on this machine if there are two.
func (s *session) file(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && s.two:
		return nil
	case err != nil:
		return errors.New("there is no such file")
	case info.IsDir():
		return errors.New("a folder, not a file")
	}
	return nil
}

func isURL(text string) error {
	if hint := siteconfig.Hints()["url"](text); hint != text {
		if hint == "" {
			return errors.New("not an address: https://HOST:PORT/openidm/")
		}
		return errors.New("write it as " + hint)
	}
	return (&idconnect.Upgrade{Source: idconnect.Server{URL: text}}).Validate()
}

var variable = regexp.MustCompile(`^IDC_([A-Z0-9_]*_)?PASSWORD$`)

// isPassword accepts a place of a password, and does not take a password itself.
func isPassword(place string) error {
	if name, ok := strings.CutPrefix(place, "env:"); ok {
		if !variable.MatchString(name) {
			return errors.New("the variable must be named IDC_…_PASSWORD")
		}
		return nil
	}
	info, err := os.Stat(place)
	switch {
	case err != nil:
		return errors.New("there is no such file; nothing was kept of what you typed. " +
			"Put the password into a file that only you can read, and name it, or answer nothing")
	case info.IsDir():
		return errors.New("a folder, not a file")
	}
	return nil
}

func hostPort(address string) (host, port string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	return u.Hostname(), cmp.Or(u.Port(), "443")
}

// Lines answers questions from lines of text, such as those that are piped in. The
// questions go to out.
func Lines(in io.Reader, out io.Writer) func(context.Context, string) (string, error) {
	if in == nil {
		in = strings.NewReader("")
	}
	lines := bufio.NewScanner(in)
	return func(ctx context.Context, question string) (string, error) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if !lines.Scan() {
			return "", cmp.Or(lines.Err(), ErrNoAnswer)
		}
		_, err := fmt.Fprintln(out, question)
		return lines.Text(), err
	}
}
