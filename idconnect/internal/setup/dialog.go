package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
	printable "github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// answer types what the last line asks for.
func (s *session) answer(quiet time.Duration) (known bool, err error) {
	line, ended := s.clean(string(s.part)), false
	if line == "" && len(s.lines) > 0 {
		line, ended = s.lines[len(s.lines)-1], true
		if quiet < 10*s.o.Quiet {
			return false, nil
		}
	}
	i, known := promptFor(s.o.Prompts, line, ended)
	if !known {
		return false, nil
	}
	p := s.o.Prompts[i]
	if s.answers[i] == maxSameAnswer {
		kind := AnswerRefused
		if p.Secret {
			kind = PasswordRefused
		}
		return true, s.fail(kind, fmt.Errorf("it was asked for more than %d times", maxSameAnswer))
	}
	text := p.Answer
	if p.Secret {
		if err := typeable(s.o.KeystorePassword); err != nil {
			return true, s.fail(NoPassword, err)
		}
		if s.c.echoes() {
			// A script that prints its prompt first still has to switch the
			// echo off.
			if quiet > echoPatience {
				err := errors.New("the script asks for the password, and the terminal would show it")
				return true, s.fail(Echo, err)
			}
			return true, nil
		}
		text = s.o.KeystorePassword.Reveal()
	}
	s.answers[i]++
	s.line(string(s.part))
	s.part, s.asks, s.answered = nil, false, time.Now()
	err = disk.Do("answer", s.o.Script, func() error {
		_, err := io.WriteString(s.c, text+enterKey)
		return err
	})
	if err != nil {
		return true, s.fail(Exit, err)
	}
	return true, nil
}

// drain takes what the script wrote at its end. A server that it left running
// holds the terminal open.
func (s *session) drain(chunks <-chan []byte) {
	patience := time.After(closePatience)
	for chunks != nil {
		select {
		case b, ok := <-chunks:
			if !ok || s.take(b) != nil {
				return
			}
		case <-patience:
			return
		}
	}
}

// take cuts what the script writes into lines.
func (s *session) take(b []byte) error {
	s.changed = time.Now()
	if s.total += int64(len(b)); s.total > s.o.MaxOutput {
		return s.fail(TooMuchOutput, fmt.Errorf("more than %d bytes", s.o.MaxOutput))
	}
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			s.part = append(s.part, b...)
			s.asks = s.asks || s.clean(string(s.part)) != ""
			break
		}
		s.line(string(append(s.part, b[:i]...)))
		s.part, b = nil, b[i+1:]
	}
	if len(s.part) > maxPart {
		// Cut after the password was taken out, never through it.
		s.part = []byte(s.redact(string(s.part)))
		s.part = s.part[max(0, len(s.part)-maxPart):]
	}
	return nil
}

func (s *session) line(text string) {
	text = s.clean(text)
	if text == "" {
		return
	}
	s.asks = true
	s.lines = append(s.lines, text)
	s.lines = s.lines[max(0, len(s.lines)-maxLines):]
	if s.o.Output != nil {
		s.o.Output(text)
	}
}

var terminalCodes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// clean removes what steers a terminal, and the password.
func (s *session) clean(text string) string {
	text = terminalCodes.ReplaceAllString(s.redact(text), "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(printable.Printable(s.redact(text)))
}

// passwordForms are forms of a password in boot.properties that can be turned back (OBF), or that nobody needs to see:
// they are the keystore's, of whatever installation.
var passwordForms = regexp.MustCompile(`\b(?:OBF|CRYPT|MD5):[0-9A-Za-z]+`)

// redact replaces the password, as it is and as programs print it. Package redact does not look for a very short one,
// which is a part of words; here it is hidden all the same.
func (s *session) redact(text string) string {
	redacted := keystore.Password{}.String()
	text = s.hide.Text(passwordForms.ReplaceAllString(text, redacted))
	if p := s.o.KeystorePassword; !p.IsZero() {
		text = strings.ReplaceAll(text, p.Reveal(), redacted)
	}
	return text
}
