package report

import (
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// expectedChanges says what the expected changes explained of a comparison, with
// those that never did, or in a part of a collection only. Of a collection without
// records there is nothing to say.
func expectedChanges(r *verify.Report) (out []Cell) {
	for i := range r.Collections {
		c := &r.Collections[i]
		if !c.Checked || c.SourceCount+c.TargetCount == 0 {
			continue
		}
		for _, e := range c.Expected {
			one := Cell{Tone: Care}
			n, code := text.Grouped(e.Records)+" "+c.Name+" "+e.Says, e.Code+", "+sureWords(e.Sure)
			switch {
			case e.Records == 0:
				one.Text = fmt.Sprintf("no %s %s: this change was expected and never seen (%s)", c.Name, e.Says, code)
			case e.Missed > 0:
				one.Text = fmt.Sprintf("%s, as expected, but %s did not (%s)", n,
					text.Plural(e.Missed, "other"), code)
			default:
				one.Text, one.Tone = fmt.Sprintf("%s, as expected (%s)", n, code), ""
			}
			out = append(out, one)
		}
	}
	return out
}

func sureWords(s changes.Sureness) string {
	switch s {
	case changes.Read:
		return "known"
	case changes.Inferred:
		return "inferred"
	}
	return "hearsay"
}

// expect notes the changes that explained something, and those of them that are
// not known for sure.
func (s *sums) expect(all []changes.Count) {
	for _, e := range all {
		if e.Records == 0 {
			continue
		}
		s.explained = true
		if e.Sure != changes.Read && !slices.Contains(s.unsure, e.Code) {
			s.unsure = append(s.unsure, e.Code)
		}
	}
}

// but names what was explained, as the rest of a sentence.
func (s *sums) but() string {
	switch {
	case !s.explained:
		return ""
	case len(s.unsure) == 0:
		return ", apart from the changes that a migration makes"
	case len(s.unsure) == 1:
		return ", apart from the changes that a migration makes; of these, " + s.unsure[0] + " is inferred, not known"
	}
	return ", apart from the changes that a migration makes; of these, " + text.Listed(s.unsure) +
		" are inferred, not known"
}
