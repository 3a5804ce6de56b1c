package idconnect

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// WriteText writes the report for a person, as plain text.
func (rep *Report) WriteText(w io.Writer) error { return rep.WriteTextFor(w, TextOptions{}) }

// WriteTextFor is WriteText for a terminal.
func (rep *Report) WriteTextFor(w io.Writer, o TextOptions) error {
	p := newPage(o)
	v := rep.verdict()
	what := "Upgrade"
	if rep.alone() {
		what = "Comparison"
	}
	p.line(0, 2, boldTone, what+" of Identity Connect: "+rep.Outcome)
	p.line(0, 0, toneOf(v.mood), v.title+". "+v.lead)
	p.newline()
	p.servers(rep.Source, rep.Target)
	when := "at " + rep.Started.Format(time.RFC3339)
	if took := rep.Ended.Sub(rep.Started); took > 0 {
		when = fmt.Sprintf("from %s to %s (%s)", rep.Started.Format(time.RFC3339), rep.Ended.Format(time.RFC3339), text.Duration(took))
	}
	p.line(0, 2, plainTone, when)

	if len(rep.Steps) > 0 {
		p.newline()
	}
	var rows [][]cell
	for i, s := range rep.Steps {
		detail := s.Detail
		if s.Started != nil && s.Ended != nil {
			detail = strings.TrimSpace(detail + "  (" + text.Duration(s.Ended.Sub(*s.Started)) + ")")
		}
		rows = append(rows, []cell{{fmt.Sprintf("%3d %s", i+1, s.Name), plainTone}, {string(s.State), toneOfState(s.State)}, {detail, plainTone}})
	}
	p.table(0, rows)
	if len(rep.Findings) > 0 {
		p.newline()
		p.line(0, 2, boldTone, "Findings")
	}
	for _, f := range rep.Findings {
		p.line(2, 4, toneOfSeverity(f.Severity), fmt.Sprintf("%s: %s (%s)", f.Severity, f.Code, f.Step))
		p.line(4, 4, plainTone, f.Seen)
		p.labelled(4, "remedy", f.Remedy)
	}
	if rep.Error != "" || rep.Remedy != "" {
		p.newline()
	}
	if rep.Error != "" {
		p.line(0, 2, redTone, "error: "+rep.Error)
	}
	p.labelled(0, "remedy", rep.Remedy)
	if rep.Verify != nil {
		p.newline()
		writeComparison(p, rep.Verify, rep.Outcome)
	}
	return p.to(w)
}

func (p *page) servers(source, target ServerSeen) {
	p.table(0, [][]cell{{{"source", plainTone}, {source.String(), plainTone}}, {{"target", plainTone}, {target.String(), plainTone}}})
}

// WriteText writes the plan for a person: what was seen, and what to do.
func (p Plan) WriteText(w io.Writer) error { return p.WriteTextFor(w, TextOptions{}) }

// WriteTextFor is WriteText for a terminal.
func (p Plan) WriteTextFor(w io.Writer, o TextOptions) error {
	out := newPage(o)
	out.servers(p.Source, p.Target)
	out.newline()
	// All rows at once, so that their columns are those of all.
	name, state := 0, 0
	for _, s := range p.Steps {
		name, state = max(name, len(s.Name)), max(state, len(s.State))
	}
	blocked := 0
	for i, s := range p.Steps {
		out.table(0, [][]cell{{
			{fmt.Sprintf("%3d %-*s", i+1, name, s.Name), plainTone},
			{fmt.Sprintf("%-*s", state, s.State), toneOfState(s.State)},
			{s.Detail + s.Where.text(), plainTone},
		}})
		if s.State == Blocked {
			blocked++
		}
		indent := min(15, max(o.Width/8, 4))
		if o.Width == 0 {
			indent = 15
		}
		for _, f := range s.Findings {
			out.line(indent, indent+2, toneOfSeverity(f.Severity), string(f.Severity)+": "+f.Code)
			if s.State != Blocked || f.Seen != s.Detail {
				out.labelled(indent+2, "seen", f.Seen)
			}
			out.labelled(indent+2, "why", f.Why)
			out.labelled(indent+2, "remedy", f.Remedy)
			out.labelled(indent+2, "doc", f.Doc)
		}
	}
	out.newline()
	switch blocked {
	case 0:
		out.line(0, 0, greenTone, "Nothing blocks. Nothing was changed.")
	default:
		out.line(0, 0, careTone, text.Number(int64(blocked), "step is", "steps are")+" blocked, nothing was changed.")
	}
	return out.to(w)
}

// WriteComparison writes a comparison as aligned text: a line for each collection,
// then the ids of what differs, the checks and the failed records.
func WriteComparison(w io.Writer, r *verify.Report, o TextOptions) error {
	p := newPage(o)
	writeComparison(p, r, "")
	return p.to(w)
}

// writeComparison writes the comparison; outcome, where it is known, is that of the
// report around it.
func writeComparison(p *page, r *verify.Report, outcome string) {
	rows := [][]cell{{{"collection", boldTone}, {"source", boldTone}, {"target", boldTone}, {"result", boldTone}}}
	for i := range r.Collections {
		c := &r.Collections[i]
		source, target := strconv.FormatInt(c.SourceCount, 10), strconv.FormatInt(c.TargetCount, 10)
		t := careTone
		switch {
		case !c.Checked:
			source, target = "-", "-"
		case c.Differences() > 0:
			t = redTone
		case c.NotCheckedValues == 0:
			t = greenTone
		}
		rows = append(rows, []cell{{c.Name, plainTone}, {source, plainTone}, {target, plainTone}, {c.Verdict(), t}})
	}
	if len(r.Collections) > 0 {
		p.table(0, rows)
	}
	for i := range r.Collections {
		writeLists(p, &r.Collections[i])
		writeValues(p, &r.Collections[i])
	}
	writeChecks(p, r.Checks)
	writeFailed(p, r.Failed)
	p.newline()
	switch {
	case outcome == "interrupted" || outcome == "failed":
		p.line(0, 0, careTone, "the comparison did not come to its end")
	case r.Same():
		p.line(0, 0, greenTone, "no difference")
	default:
		p.line(0, 0, redTone, "not proved to be the same")
	}
}

func writeLists(p *page, c *verify.CollectionReport) {
	for _, list := range listsOf(c) {
		if list.count == 0 {
			continue
		}
		p.newline()
		p.line(0, 2, boldTone, c.Name+", "+list.what+":")
		for _, d := range list.records {
			text := d.ID
			if len(d.Members) > 0 {
				text += " (" + strings.Join(d.Members, ", ") + ")"
			}
			p.line(2, 4, plainTone, text)
		}
		p.more(2, list.count, len(list.records))
	}
}

// writeValues writes the values that were asked for.
func writeValues(p *page, c *verify.CollectionReport) {
	if len(c.Values) == 0 {
		return
	}
	p.newline()
	p.line(0, 2, boldTone, c.Name+", values that differ:")
	for i := range c.Values {
		v := &c.Values[i]
		p.line(2, 4, plainTone, v.ID+" ("+v.Member+"): "+valueWords(v))
	}
}

// valueWords are the values of both servers, or why they are not shown.
func valueWords(v *verify.ChangedValue) string {
	if v.Withheld != "" {
		return "not shown, " + v.Withheld
	}
	side := func(value []byte) string {
		if value == nil {
			return "(not there)"
		}
		return string(value)
	}
	return "source " + side(v.Source) + ", target " + side(v.Target)
}

// differenceList is one of the lists of a collection.
type differenceList struct {
	kind, what string
	records    []verify.Change
	count      int64
}

func listsOf(c *verify.CollectionReport) []differenceList {
	ids := func(ids []string) []verify.Change {
		out := make([]verify.Change, len(ids))
		for i, id := range ids {
			out[i].ID = id
		}
		return out
	}
	return []differenceList{
		{"missing", "missing in the target", ids(c.Missing), c.MissingCount},
		{"extra", "only in the target", ids(c.Extra), c.ExtraCount},
		{"changed", "changed", c.Changed, c.ChangedCount},
		{"duplicate", "more than once", ids(c.Duplicates), c.DuplicateCount},
	}
}

func writeChecks(p *page, checks []verify.Check) {
	if len(checks) == 0 {
		return
	}
	p.newline()
	rows := [][]cell{{{"check", boldTone}, {"result", boldTone}, {"seen", boldTone}}}
	var open int64
	for _, c := range checks {
		seen := countsOf(&c)
		if c.Detail != "" && seen != "" {
			seen += "; "
		}
		seen += c.Detail
		if c.Remedy != "" {
			seen += "\nremedy: " + c.Remedy
		}
		rows = append(rows, []cell{{c.Name, plainTone}, {string(c.Result), toneOfCheck(c.Result)}, {seen, plainTone}})
		if c.Result == verify.CheckNotChecked {
			open++
		}
	}
	p.table(0, rows)
	if open > 0 {
		p.line(0, 0, careTone, text.Number(open, "check", "checks")+" not made: that is no proof, look in the UI of 7.1.6")
	}
}

// countsOf says what a check counted, "" where it counted nothing.
func countsOf(c *verify.Check) string {
	side := func(n int64) string {
		if n < 0 {
			return "not counted"
		}
		return text.Grouped(n)
	}
	if c.Source < 0 && c.Target < 0 {
		return ""
	}
	return "source " + side(c.Source) + ", target " + side(c.Target)
}

func writeFailed(p *page, f *verify.FailedRecords) {
	if f == nil {
		return
	}
	p.newline()
	p.line(0, 2, boldTone, failedWords(f))
	for _, r := range f.Records {
		text := r.Mapping + ": " + r.ID
		if r.Reason != "" {
			text += ": " + r.Reason
		}
		if r.Missing {
			text += " (missing in the target)"
		}
		p.line(2, 4, plainTone, text)
	}
	if f.Count > 0 {
		p.more(2, f.Count, len(f.Records))
	}
	p.labelled(0, "repair", f.Repair)
}

// failedWords say what is known of failed records.
func failedWords(f *verify.FailedRecords) string {
	switch {
	case !f.Checked && f.Count > 0:
		return withReason(text.Number(f.Count, "record", "records")+" that the migration could not copy, not all of them named", f.Reason)
	case !f.Checked:
		return withReason("failed records of the migration: not checked", f.Reason)
	case f.Count == 0:
		return "failed records of the migration: none"
	}
	return text.Number(f.Count, "record", "records") + " that the migration could not copy:"
}
