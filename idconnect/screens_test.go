package idconnect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/await"
)

// hostileText steers a terminal: ESC, OSC, C1, directions of writing, what
// cannot be seen, and a mark by which it is known.
const hostileText = "hostile\x1b[2J\x1b]0;title\x07\u009b31m\u0085\u202egnp\u2066\u200f\u200b\u2028\u061c\x00\x7f"

// screens are what a person is shown, by where.
type screens struct {
	mu   sync.Mutex
	text map[string]string
}

func (s *screens) add(where, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == nil {
		s.text = map[string]string{}
	}
	s.text[where] += text + "\n"
}

func (s *screens) event(e idconnect.Event) {
	s.add("event", e.Detail)
	if f := e.Finding; f != nil {
		s.add("event", f.String()+" "+f.Why)
	}
}

func (s *screens) error(err error) {
	if err != nil {
		s.add("error", err.Error())
		s.add("error", idconnect.RemedyOf(err))
	}
}

func (s *screens) plan(t *testing.T, p report.Plan) {
	t.Helper()
	var b strings.Builder
	must(t, p.WriteText(&b))
	s.add("plan", b.String())
}

func (s *screens) report(t *testing.T, rep *report.Report) {
	t.Helper()
	if rep == nil {
		return
	}
	for name, text := range saved(t, rep) {
		s.add(name, text)
	}
}

// saved are the files of a report, by name.
func saved(t *testing.T, rep *report.Report) map[string]string {
	t.Helper()
	dir := t.TempDir()
	must(t, rep.Save(dir))
	must(t, rep.Save(dir, summary.Markdown))
	files, err := os.ReadDir(dir)
	must(t, err)
	texts := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		must(t, err)
		texts[f.Name()] = string(b)
	}
	return texts
}

// showAll plans and runs, and shows all of it.
func showAll(t *testing.T, u *idconnect.Upgrade) *screens {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
	defer cancel()
	s := &screens{}
	u.Events = s.event
	p, err := u.Plan(ctx)
	s.error(err)
	s.plan(t, p)
	rep, err := u.Run(ctx)
	s.error(err)
	s.report(t, rep)
	if rep, err := u.Compare(ctx); err != nil || rep != nil {
		s.error(err)
		s.report(t, idconnect.ReportOf(rep, err))
	}
	return s
}

// printable fails where something steers a terminal, or is longer than a person
// is shown, and where what is hostile was not shown at all.
func (s *screens) printable(t *testing.T, where ...string) {
	t.Helper()
	for at, text := range s.text {
		if err := steers(text); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, at := range where {
		if !strings.Contains(s.text[at], "hostile") {
			t.Errorf("%s does not say it: %.500s", at, s.text[at])
		}
	}
}

func steers(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("not UTF-8")
	}
	for i, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			return fmt.Errorf("%U in …%q…", r, text[max(0, i-40):min(len(text), i+40)])
		}
	}
	return nil
}
