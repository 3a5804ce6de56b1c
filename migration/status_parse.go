package migration

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// parser reads one answer token by token. What it keeps is bounded by depth and
// by maxRuns, not by the answer.
type parser struct {
	words  map[string]Phase
	redact redact.Redactor
	d      *json.Decoder
	runs   int // kept so far
}

// maxNested is where a value is no answer any more.
const maxNested = 10_000

var (
	errTrailing = errors.New("something follows the JSON value")
	errNested   = fmt.Errorf("nested deeper than %d levels", maxNested)
)

// place is where in an answer a value stands.
type place struct {
	path  string // of members, such as result.runs[3]
	depth int
	// words: a text here is a word.
	words bool
	mode  mode
	// progress and below: where counts of a run go.
	progress *openidm.ReconProgress
	below    string
}

// mode says what the members of an object may be that have no name of their own.
type mode int

const (
	plain    mode = iota // nothing that is understood
	progress             // counts
	statuses             // counts by the status of records
	situations
	free // anything: what the run was given, and how long its parts took
)

func (at place) member(name string) place {
	name = text.Cut(text.Printable(name), 40)
	if at.path != "" {
		name = at.path + "." + name
	}
	return place{path: name, depth: at.depth + 1}
}

// reading is what a value says. Its Phase is "" where it says nothing.
type reading struct {
	Status
	// beside and its word are the worst of the words that stand where no word
	// is looked for: they make a status worse and establish none.
	beside     Phase
	besideWord string
	runs       int
	size       int // members or elements of a container
}

func silent() reading {
	r := reading{Status: nothing()}
	r.Phase = ""
	return r
}

func (r *reading) odd(at place, value string) {
	if r.NotUnderstood == "" {
		if at.path != "" {
			value = at.path + ": " + value
		}
		r.NotUnderstood = text.Cut(text.Printable(value), maxOdd)
	}
}

// raw is a value as it stands in JSON.
func raw(t json.Token) string {
	switch t := t.(type) {
	case json.Delim:
		return string(rune(t)) + "…"
	case string:
		b, _ := json.Marshal(text.Cut(t, maxOdd))
		return string(b)
	case nil:
		return "null"
	}
	return fmt.Sprint(t)
}

// whole reads the answer to its end and judges it.
func (p *parser) whole() (reading, error) {
	t, err := p.token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	var out reading
	if err == nil {
		out, err = p.value(t, place{words: true})
	}
	if err == nil {
		if _, err = p.token(); err == nil {
			err = errTrailing
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		out = reading{Status: nothing()}
		if errors.Is(err, errLiteral) || errors.Is(err, errNested) {
			out.NotUnderstood = err.Error()
			return out, nil
		}
		return out, err
	}
	switch {
	case out.Phase == "":
		out.Phase = PhaseUnknown
	case out.NotUnderstood == "":
	case isComplete(out.Phase):
		out.Phase = PhaseCompleteUnclear
	case out.Phase == PhaseConfigured:
		out.Phase = PhaseUnknown
	}
	out.checkTotal()
	return out, nil
}

// token is the next one, with texts redacted.
func (p *parser) token() (json.Token, error) {
	t, err := p.d.Token()
	if s, ok := t.(string); ok {
		if short, cut := strings.CutSuffix(s, cutMark); cut {
			return p.redact.Cut(short) + cutMark, err
		}
		return p.redact.Text(s), err
	}
	return t, err
}

// value reads the value that begins with t.
func (p *parser) value(t json.Token, at place) (reading, error) {
	out := silent()
	switch v := t.(type) {
	case string:
		if at.words {
			return p.word(v, at), nil
		}
		out.odd(at, raw(v))
	case json.Number, bool:
		out.odd(at, raw(v))
	case json.Delim:
		if at.depth > maxDepth {
			out.odd(at, raw(v))
			return out, p.skip()
		}
		if v == '[' {
			return p.list(at)
		}
		return p.object(at)
	}
	return out, nil
}

// word reads a bare word. A sentence is a message, not a word, and tells
// nothing unless it speaks of a certificate.
func (p *parser) word(said string, at place) reading {
	s := silent()
	if strings.TrimSpace(said) == "" {
		return s
	}
	s.Word, s.Phase = strings.TrimSpace(said), phaseOf(said, p.words)
	if s.Phase != PhaseUnknown {
		return s
	}
	if isBadCertificate(said) || len(s.Word) > maxWord {
		s.Word, s.Message = text.Cut(s.Word, maxWord), text.Cut(said, maxMessage)
	}
	if isBadCertificate(said) {
		s.Phase = PhaseFailed
	} else {
		s.odd(at, raw(said))
	}
	return s
}

// skip passes over the rest of a container.
func (p *parser) skip() error {
	for depth := 1; depth > 0; {
		t, err := p.d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			if depth++; depth > maxNested {
				return errNested
			}
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// count passes over a list and says how many elements it has.
func (p *parser) count() (n int, err error) {
	for ; p.d.More(); n++ {
		t, err := p.d.Token()
		if err != nil {
			return n, err
		}
		if isContainer(t) {
			if err := p.skip(); err != nil {
				return n, err
			}
		}
	}
	_, err = p.d.Token()
	return n, err
}

func (p *parser) list(at place) (reading, error) {
	out := silent()
	for i := 0; p.d.More(); i++ {
		t, err := p.token()
		if err != nil {
			return out, err
		}
		in := at
		in.path, in.depth = fmt.Sprintf("%s[%d]", at.path, i), at.depth+1
		if at.mode == free && !isContainer(t) {
			continue
		}
		s, err := p.value(t, in)
		if err != nil {
			return out, err
		}
		if at.words && s.Phase == "" && s.beside == "" {
			s.odd(in, raw(t))
		}
		out.join(s)
		out.size++
	}
	_, err := p.d.Token()
	return out, err
}

func isContainer(t json.Token) bool {
	_, ok := t.(json.Delim)
	return ok
}

// join adds another part of the same answer: the worse decides.
func (r *reading) join(s reading) {
	if r.Message == "" || s.Message != "" && severity[s.Phase] > severity[r.Phase] {
		r.Message = s.Message
	}
	together := worst(r.Phase, s.Phase)
	if severity[s.Phase] > severity[r.Phase] && s.Word != "" || r.Word == "" {
		r.Word = s.Word
	}
	r.Phase = together
	// A sum without one of its parts is no total.
	lacks := r.Processed > 0 && s.Processed > 0 && (r.Total < 0 || s.Total < 0)
	r.Processed, r.Total, r.Failed = sum(r.Processed, s.Processed), sum(r.Total, s.Total), sum(r.Failed, s.Failed)
	if lacks {
		r.Total = -1
	}
	r.Runs, r.runs = append(r.Runs, s.Runs...), r.runs+s.runs
	r.NotUnderstood = cmp.Or(r.NotUnderstood, s.NotUnderstood)
	r.worsen(s.beside, s.besideWord)
}

// worsen notes a word that establishes nothing.
func (r *reading) worsen(p Phase, word string) {
	if severity[p] > severity[r.beside] {
		r.beside, r.besideWord = p, word
	}
}
