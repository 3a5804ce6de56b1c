package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
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
