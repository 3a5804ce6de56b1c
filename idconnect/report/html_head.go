package report

import (
	"fmt"
	"net/url"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
)

// addHead adds what stands at the top, and the times at the end.
func (v *htmlView) addHead(rep *View) {
	v.About = append(v.About, htmlAbout{Label: "Date", Value: moment(rep.Ended, "2 January 2006, 15:04")})
	for _, s := range []struct {
		label  string
		server ServerSeen
	}{{"Source", rep.Source}, {"Target", rep.Target}} {
		if s.server == (ServerSeen{}) {
			continue
		}
		v.About = append(v.About, htmlAbout{s.label, short(s.server.Said()), long(s.server.URL)})
	}
	if rep.Tool != "" {
		tool := short(rep.Tool)
		if tool == "(devel)" {
			tool = "a development build"
		}
		v.About = append(v.About, htmlAbout{Label: "Made by", Value: "idconnect-go/upgrade, " + tool})
	}
	if rep.Verify != nil {
		v.Facts = append(v.Facts, htmlFact{"Records compared", text.Grouped(rep.Verdict.Source)},
			htmlFact{"Differences", text.Grouped(rep.Verdict.Differences)})
	}
	if done, all := rep.stepsDone(); all > 0 {
		v.Facts = append(v.Facts, htmlFact{"Steps done", fmt.Sprintf("%d of %d", done, all)})
	}
	if n := len(rep.Findings); n > 0 {
		v.Facts = append(v.Facts, htmlFact{"Findings", text.Grouped(int64(n))})
	}
	v.addTimes(rep)
}

func (v *htmlView) addTimes(rep *View) {
	at := func(label string, t time.Time) {
		v.Times = append(v.Times, htmlTime{label, moment(t, htmlTimeFormat), t.Format(time.RFC3339)})
	}
	took := func(label string, d time.Duration) {
		v.Times = append(v.Times, htmlTime{Label: label, Value: text.Duration(d)})
	}
	if rep.Took <= 0 {
		at("Made", rep.Ended)
		return
	}
	if !v.Runs {
		v.Facts = append(v.Facts, htmlFact{"Time taken", text.Duration(rep.Took)})
		at("Began", rep.Started)
		at("Ended", rep.Ended)
		took("Took", rep.Took)
		return
	}
	v.Facts = append(v.Facts, htmlFact{"Time, all runs", text.Duration(rep.Took)})
	at("First run began", rep.began())
	at("Last run began", rep.Started)
	at("Ended", rep.Ended)
	took("Last run took", rep.Ended.Sub(rep.Started))
	took("From first to last", rep.Took)
}

// moment is a time in a layout without a zone, and its zone.
func moment(t time.Time, layout string) string {
	if _, offset := t.Zone(); offset == 0 {
		return t.Format(layout) + " UTC"
	}
	return t.Format(layout + " -07:00")
}

func (v *htmlView) addSteps(rep *View) {
	began, all := rep.began(), rep.Took
	at := func(t time.Time) int {
		if all <= 0 {
			return 0
		}
		return min(max(int(float64(htmlScale)*float64(t.Sub(began))/float64(all)), 0), htmlScale)
	}
	timed := false
	v.Runs = began.Before(rep.Started)
	for i, s := range rep.Steps {
		step := htmlStep{
			Number: i + 1, Name: short(s.Name), State: short(string(s.State)), Detail: long(sentence(s.Detail)),
			Mood: htmlMood(toneOfState(s.State), "wait"),
		}
		if from, to := s.span(); !from.IsZero() && !to.IsZero() && all > 0 {
			after, took := from.Sub(began), to.Sub(from)
			step.Timed, step.Took = true, text.Duration(took)
			switch {
			case !v.Runs || s.Started == nil || !from.Before(*s.Started):
			case to.Before(rep.Started):
				step.Earlier = ", in an earlier run"
			default:
				step.Earlier = ", over several runs"
			}
			step.X = min(at(from), htmlScale-htmlVisible)
			step.Width = min(max(at(to)-step.X, htmlVisible), htmlScale-step.X)
			step.Words = fmt.Sprintf("%s began %s after the start and took %s", step.Name,
				text.Duration(max(after, 0)), step.Took)
			if !timed && !v.Runs && float64(after) > htmlLateStart*float64(all) {
				v.Late = text.Duration(after)
			}
			timed = true
		}
		v.Steps = append(v.Steps, step)
	}
	if !timed {
		return
	}
	format := htmlClockFormat
	if all > htmlClockLimit {
		format = htmlDayFormat
	}
	for _, t := range []time.Time{began, began.Add(all / 2), rep.Ended} {
		v.Axis = append(v.Axis, t.In(rep.Ended.Location()).Format(format))
	}
}

func (v *htmlView) addFindings(rep *View) {
	var sorted preflight.Findings
	for _, s := range []preflight.Severity{preflight.Blocks, preflight.Warns, preflight.Informs} {
		for _, f := range rep.Findings {
			if f.Severity == s && !byHand(f) {
				sorted = append(sorted, f)
			}
		}
	}
	sorted, v.MoreFindings = first(sorted, htmlRows)
	for _, f := range sorted {
		v.Findings = append(v.Findings, htmlFindingOf(f))
	}
	hands, more := first(rep.ByHand, htmlRows)
	v.MoreByHand = more
	for _, f := range hands {
		v.ByHand = append(v.ByHand, htmlFindingOf(f))
	}
}

func htmlFindingOf(f preflight.Finding) htmlFinding {
	h := htmlFinding{
		Code: short(f.Code), Severity: short(string(f.Severity)), Step: short(f.Step),
		Seen: long(sentence(f.Seen)), Why: long(sentence(f.Why)), Remedy: long(sentence(f.Remedy)),
		Doc: long(f.Doc), Mood: htmlMood(toneOfSeverity(f.Severity), "none"),
	}
	if u, err := url.Parse(f.Doc); err == nil && u.Scheme == "https" && u.Host != "" {
		h.Link = u.String()
	}
	return h
}
