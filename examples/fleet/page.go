package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// The page looks like that of one installation (idconnect/report.html), and is
// as self-contained: it loads nothing and runs nothing.
var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(pageStyle) },
	"plain": text.Printable,
	"mood":  mood,
	"took": func(from, to *time.Time) string {
		if from == nil || to == nil {
			return ""
		}
		return to.Sub(*from).Round(100 * time.Millisecond).String()
	},
	"when": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") },
}).Parse(pageText))

// states are all states of a row, in the order in which people are shown them: the
// good outcomes, what is under way, and the other outcomes.
var states = func() (all []string) {
	named := flow.Outcomes()
	begin := slices.IndexFunc(named, func(o string) bool { return flow.ToneOf(o) != report.Good })
	return slices.Concat(named[:begin], []string{running, waiting, looking, notBegun}, named[begin:])
}()

// mood of a state, which is a colour of the page.
func mood(state string) string {
	switch state {
	case running, looking, notBegun:
		return "none"
	case waiting:
		return "care"
	}
	return string(cmp.Or(flow.ToneOf(state), report.Bad))
}

// Part is a state's share of all installations; X and Width are in thousandths
// of the bar.
type Part struct {
	State, Mood string
	Count       int
	X, Width    float64
}

// parts are the states that there are.
func parts(totals map[string]int) (out []Part) {
	all, x := 0, 0.0
	for _, n := range totals {
		all += n
	}
	for _, state := range states {
		if n := totals[state]; n > 0 {
			width := 1000 * float64(n) / float64(all)
			out = append(out, Part{state, mood(state), n, x, width})
			x += width
		}
	}
	return out
}

// Parts are those of the whole fleet.
func (r *FleetReport) Parts() []Part { return parts(r.Totals) }

// SiteTotals is how the installations of a site stand.
type SiteTotals struct {
	Name  string
	Count int
	Parts []Part
}

// Sites are those of the installations, by name; none where there is only one.
func (r *FleetReport) Sites() (out []SiteTotals) {
	bySite := map[string]map[string]int{}
	for _, e := range r.Rows {
		if bySite[e.Site] == nil {
			bySite[e.Site] = map[string]int{}
		}
		bySite[e.Site][e.State]++
	}
	if len(bySite) < 2 {
		return nil
	}
	for name, totals := range bySite {
		s := SiteTotals{Name: cmp.Or(name, "without a site"), Parts: parts(totals)}
		for _, n := range totals {
			s.Count += n
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b SiteTotals) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Verdict is what the page says first.
type Verdict struct{ Mood, Title, Lead string }

// Verdict sums up: what went wrong comes before what is not done.
func (r *FleetReport) Verdict() Verdict {
	all, done, ready := len(r.Rows), r.Totals[flow.Done], r.Totals[flow.Ready]
	bad, partly := r.bad(), r.Totals[flow.Partly]
	v := Verdict{Mood: "care", Title: fmt.Sprintf("%d of %d installations are upgraded", done, all)}
	fleet := "The fleet: " + text.Printable(r.Phase) + "."
	switch {
	case all > 0 && done == all:
		v.Mood, v.Title = "good", fmt.Sprintf("All %d installations are upgraded", all)
		v.Lead = "Each of them completed all of its steps."
	case all > 0 && done+ready == all && done == 0:
		v.Mood, v.Title = "good", fmt.Sprintf("All %d installations can be upgraded", all)
		v.Lead = "All preflight checks passed, and nothing was changed."
	case bad > 0:
		v.Mood = "bad"
		v.Lead = text.Number(int64(bad+partly), "installation needs", "installations need") +
			" attention; see below what to do. " + r.compared() + fleet
	case partly > 0:
		if done+partly == all {
			v.Title = fmt.Sprintf("%d of %d installations are upgraded and verified", done, all)
		}
		v.Lead = r.compared() + fleet
	case r.Totals[waiting] > 0:
		v.Lead = text.Number(int64(r.Totals[waiting]), "installation is", "installations are") +
			" waiting for a decision. " + fleet
	default:
		v.Lead = fleet
	}
	return v
}

// compared is a sentence, with a blank after it, for each outcome of a comparison
// that is no proof.
func (r *FleetReport) compared() (out string) {
	for _, o := range []struct{ state, is string }{
		{flow.Differences, "the servers differ"}, {flow.Nothing, "there was nothing to compare"},
		{flow.Partly, "no difference was found, but not everything was compared"},
	} {
		if n := r.Totals[o.state]; n > 0 {
			out += fmt.Sprintf("In %s, %s. ", text.Plural(n, "installation"), o.is)
		}
	}
	return out
}

// bad counts the installations whose outcome is bad news.
func (s *Snapshot) bad() (n int) {
	for _, o := range flow.Outcomes() {
		if flow.ToneOf(o) == report.Bad {
			n += s.Totals[o]
		}
	}
	return n
}

// Checked sums up the comparisons of all installations.
func (r *FleetReport) Checked() (out Compared) {
	for _, e := range r.Rows {
		if c := e.Compared(); c != nil {
			out = Compared{out.Records + c.Records, out.Differences + c.Differences, out.NotChecked + c.NotChecked}
		}
	}
	return out
}

// Compared is what a comparison came to, in records; NotChecked are values.
type Compared struct{ Records, Differences, NotChecked int64 }

// Compared is nil where there was no comparison.
func (r Row) Compared() *Compared {
	if r.Result == nil || r.Result.Report == nil || r.Result.Report.Verify == nil {
		return nil
	}
	var out Compared
	for i := range r.Result.Report.Verify.Collections {
		c := &r.Result.Report.Verify.Collections[i]
		if c.Checked {
			out.Records += c.SourceCount
		}
		out.Differences += c.Differences()
		out.NotChecked += c.NotCheckedValues
	}
	return &out
}
