package report

import (
	"cmp"
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
	return cmp.Or(map[changes.Sureness]string{changes.Read: "known", changes.Inferred: "inferred"}[s], "hearsay")
}

// but names what was explained of records that are the same, as the rest of a sentence.
func (v *View) but() string {
	words, unsure := "", []string(nil)
	for i := range v.Verify.Collections {
		for _, e := range v.Verify.Collections[i].Expected {
			if e.Records == 0 || !v.Verify.Collections[i].Checked {
				continue
			}
			words = ", apart from the changes that a migration makes"
			if e.Sure != changes.Read && !slices.Contains(unsure, e.Code) {
				unsure = append(unsure, e.Code)
			}
		}
	}
	switch len(unsure) {
	case 0:
		return words
	case 1:
		return words + "; of these, " + unsure[0] + " is inferred, not known"
	}
	return words + "; of these, " + text.Listed(unsure) + " are inferred, not known"
}
