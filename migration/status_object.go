package migration

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// object is an object while its members are read.
type object struct {
	p    *parser
	at   place
	word [len(wordNames)]reading
	said [len(messageNames)]string
	// own are the counts beside the word, inner what runs below other members
	// say, out the rest.
	own, inner, out reading
	problem         bool
	code            int64

	run   openidm.Recon
	state string
	isRun bool
}

func (p *parser) object(at place) (reading, error) {
	o := &object{p: p, at: at, own: silent(), inner: silent(), out: silent(), code: -1}
	for i := range o.word {
		o.word[i] = silent()
	}
	o.run.Progress.Source.Existing = openidm.ReconCount{Processed: -1, Total: -1}
	o.run.Progress.Target.Existing, o.run.Progress.Target.Created = o.run.Progress.Source.Existing, -1
	for p.d.More() {
		name, err := p.token()
		if err != nil {
			return o.out, err
		}
		t, err := p.token()
		if err != nil {
			return o.out, err
		}
		o.out.size++
		if err := o.member(name.(string), t); err != nil {
			return o.out, err
		}
	}
	_, err := p.d.Token()
	return o.end(), err
}

// member reads one member, whose value begins with t.
func (o *object) member(name string, t json.Token) error {
	key := strings.ToLower(name)
	at := o.at.member(name)
	if i := index(wordNames[:], key); i >= 0 {
		return o.readWord(i, at, t)
	}
	if index(runNames[:], key) >= 0 && !isNone(t) && !isContainer(t) {
		o.isRun = true
	}
	if into := o.textOfRun(key); into != nil {
		if s, ok := t.(string); ok {
			*into = text.Cut(s, maxOdd)
		}
	}
	if s, ok := t.(string); ok && o.at.mode != free && contradicts(key, s) {
		o.out.odd(at, raw(s))
	}
	switch kind := kindOf(key, o.at.mode); {
	case kind == kindFailed:
		return o.readFailed(at, t)
	case isContainer(t):
		return o.container(key, kind, at, t)
	case t == nil, kind == kindFree:
	case kind == kindProblem, kind == kindMessage:
		o.message(key, kind, at, t)
	case kind == kindCount:
		o.count(key, at, t)
	case kind == kindCode:
		if o.code = countOf(t); o.code < 0 || o.code >= 300 {
			o.out.odd(at, raw(t))
		}
	case kind == kindPercent && isHundred(t), kind == kindYes && t == true:
	case kind == kindText && t != true && t != false, t == "", isTime(t):
	default:
		o.out.odd(at, raw(t))
	}
	return nil
}

// readWord reads a member of wordNames.
func (o *object) readWord(i int, at place, t json.Token) error {
	if s, ok := t.(string); ok && wordNames[i] == "state" {
		if o.state != "" && o.state != s {
			o.out.odd(at, raw(s)) // said twice
		}
		o.state = s
	}
	if s, ok := t.(string); ok && wordNames[i] == "result" && isAmount(s) {
		return nil // as in "1003 records"
	}
	at.words = true
	s, err := o.p.value(t, at)
	o.word[i].join(s)
	o.word[i].size += s.size
	return err
}

// container reads an object or a list below a member. It can make a status
// worse; only the runs in it can establish one.
func (o *object) container(key string, kind kind, at place, t json.Token) error {
	at.mode = modeOf(key, o.at.mode)
	if at.mode == progress {
		at.progress = o.at.progress
		if at.progress == nil {
			at.progress = &o.run.Progress
		} else {
			at.below = o.at.below + key + "."
		}
	}
	s, err := o.p.value(t, at)
	o.isRun = o.isRun || s.size > 0 && index(runNames[:], key) >= 0
	if kind == kindProblem {
		o.problem = o.problem || s.size > 0
		o.note(key, at, s.Message)
		return err
	}
	if kind == kindMessage {
		o.note(key, at, s.Message)
	}
	o.out.NotUnderstood = cmp.Or(o.out.NotUnderstood, s.NotUnderstood)
	switch {
	case at.mode == progress && at.below == "":
		o.own.Processed, o.own.Total = max(o.own.Processed, s.Processed), max(o.own.Total, s.Total)
	case s.runs > 0:
		o.inner.join(s)
		return err
	}
	o.own.Failed = max(o.own.Failed, s.Failed)
	if s.Phase != PhaseComplete && s.Phase != PhaseConfigured {
		o.out.worsen(s.Phase, s.Word)
	}
	o.out.worsen(s.beside, s.besideWord)
	return err
}

// message keeps what is said under one of messageNames.
func (o *object) message(key string, kind kind, at place, t json.Token) {
	s, ok := t.(string)
	switch {
	case kind == kindProblem:
		o.problem = o.problem || !isNone(t)
	case !ok:
		o.out.odd(at, raw(t))
	}
	o.note(key, at, s)
}

func (o *object) note(key string, at place, said string) {
	if isAlarming(said) && o.at.mode != free {
		o.out.odd(at, raw(said))
	}
	if i := index(messageNames[:], key); i >= 0 && o.said[i] == "" {
		o.said[i] = text.Cut(said, maxMessage)
	}
}

// readFailed reads a count of failures: a number, a list of them, or whether
// there were any.
func (o *object) readFailed(at place, t json.Token) error {
	n := int64(-1)
	switch {
	case t == json.Delim('['):
		items, err := o.p.count()
		if err != nil {
			return err
		}
		n = int64(items)
	case isContainer(t):
		s, err := o.p.value(t, at)
		if err != nil {
			return err
		}
		if s.size > 0 {
			o.out.odd(at, raw(t))
		} else {
			n = 0
		}
	case t == false:
		n = 0
	case t == nil, t == "":
		return nil
	default:
		if n = countOf(t); n < 0 {
			o.out.odd(at, raw(t))
		}
	}
	o.own.Failed = max(o.own.Failed, n)
	o.summary(at, n)
	return nil
}

// count reads a number of records.
func (o *object) count(key string, at place, t json.Token) {
	n := countOf(t)
	switch {
	case n < 0 && !isUnknownCount(t):
		o.out.odd(at, raw(t))
	case key == "remaining" && n > 0, o.at.mode == statuses && key != "success" && n > 0,
		o.at.mode == situations && index(situationNames[:], key) < 0 && n > 0:
		o.out.odd(at, raw(t))
	case key == "processed" && o.at.below == "":
		o.own.Processed = max(o.own.Processed, n)
	case key == "total" && o.at.below == "":
		o.own.Total = max(o.own.Total, n)
	}
	o.summary(at, n)
	if o.at.progress == nil {
		return
	}
	var into *openidm.Number
	switch run := o.at.progress; o.at.below + key {
	case "source.existing.processed":
		into = &run.Source.Existing.Processed
	case "source.existing.total":
		into = &run.Source.Existing.Total
	case "target.existing.processed":
		into = &run.Target.Existing.Processed
	case "target.existing.total":
		into = &run.Target.Existing.Total
	case "target.created":
		into = &run.Target.Created
	default:
		return
	}
	*into = openidm.Number(n)
}

// summary keeps a count of a run's summaries under its own name.
func (o *object) summary(at place, n int64) {
	into := &o.run.StatusSummary
	switch o.at.mode {
	case situations:
		into = &o.run.SituationSummary
	case statuses:
	default:
		return
	}
	if *into == nil {
		*into = map[string]openidm.Number{}
	}
	if len(*into) < 32 {
		(*into)[at.path[strings.LastIndexByte(at.path, '.')+1:]] = openidm.Number(n)
	}
}

// end joins what the members said.
func (o *object) end() reading {
	out := silent()
	out.size, out.NotUnderstood = o.out.size, o.out.NotUnderstood
	isRun := o.isRun && o.state != ""
	for i, w := range o.word {
		if isRun && wordNames[i] == "state" {
			said := w.NotUnderstood
			w = o.asRun()
			w.NotUnderstood = cmp.Or(w.NotUnderstood, said)
		}
		out.join(w)
	}
	counted := out.Processed >= 0 || out.Total >= 0
	inner := o.inner
	if out.Phase != "" {
		inner.Processed, inner.Total = -1, -1
	}
	if out.Processed < 0 {
		out.Processed = o.own.Processed
	}
	if out.Total < 0 {
		out.Total = o.own.Total
	}
	out.join(inner)
	out.Failed = max(out.Failed, o.own.Failed)
	out.Message = cmp.Or(out.Message, cmp.Or(o.said[:]...))
	out.worsen(o.out.beside, o.out.besideWord)
	o.judge(&out, !counted && o.own.Processed >= 0 && o.own.Processed < o.own.Total)
	return out
}

// judge looks once more at a word, beside what stood around it.
func (o *object) judge(s *reading, short bool) {
	problem := o.problem || o.code >= 400 && o.code < 600 && (s.Message != "" || s.Word != "")
	if s.Phase != "" && s.beside != "" && !(s.Phase == PhaseFailed && s.beside == PhaseUnknown) {
		if together := worst(s.Phase, s.beside); together != s.Phase {
			s.Phase, s.Word = together, cmp.Or(s.besideWord, s.Word)
		}
	}
	good := s.Phase == PhaseComplete || s.Phase == PhaseConfigured
	switch {
	case good && (problem || isBadCertificate(s.Message)):
		s.Phase = PhaseFailed
	case good && s.Failed > 0:
		s.Phase = PhaseCompleteWithFailures
	case s.Phase == "" && problem:
		s.Phase = PhaseFailed
	case (s.Phase == "" || s.Phase == PhaseUnknown || s.Phase == PhaseNotConfigured) && isBadCertificate(s.Message):
		s.Phase = PhaseFailed
	}
	if good && short {
		s.odd(o.at.member("processed"), fmt.Sprintf("%d of %d", o.own.Processed, o.own.Total))
	}
}
