package report

import (
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

func (v *htmlView) addChecks(checks []verify.Check) {
	side := func(n int64) string {
		if n < 0 {
			return "–"
		}
		return text.Grouped(n)
	}
	passed := 0
	for _, c := range checks {
		if c.Result == verify.CheckPassed {
			passed++
		}
	}
	switch v.ChecksWords = fmt.Sprintf("%d of %d passed", passed, len(checks)); passed {
	case len(checks):
		v.ChecksWords = fmt.Sprintf("all %d passed", passed)
	case 0:
		v.ChecksWords = "none passed"
	}
	checks, v.MoreChecks = first(checks, htmlRows)
	for _, c := range checks {
		h := htmlCheck{
			Tab: short(c.Tab), Name: short(c.Name), Code: short(c.Code),
			Source: side(c.Source), Target: side(c.Target),
			Result: short(string(c.Result)), Detail: long(sentence(c.Detail)), Remedy: long(sentence(c.Remedy)),
			Mood: toneOfCheck(c.Result),
		}
		v.Checks = append(v.Checks, h)
	}
}

// addLists takes the ids, failed records among them, while the page has room.
func (v *htmlView) addLists(r *verify.Report) {
	room := htmlAllIDs
	more := func(count int64, shown int) string {
		if n := count - int64(shown); n > 0 {
			return "and " + text.Grouped(n) + " more"
		}
		return ""
	}
	if f := r.Failed; f != nil {
		words := text.Capital(strings.TrimSuffix(failedWords(f), ":")) + "."
		if f.Checked && f.Count == 0 {
			words = "The migration copied every record: it reports none as failed."
		}
		v.Failed = &htmlFailed{Words: long(words), Repair: long(sentence(f.Repair))}
		records, _ := first(f.Records, htmlListIDs)
		for _, rec := range records {
			missing := "no"
			if rec.Missing {
				missing = "yes"
			}
			v.Failed.Records = append(v.Failed.Records, htmlFailedRecord{
				short(rec.ID), short(rec.Mapping), long(rec.Reason), short(rec.Collection), missing,
			})
		}
		v.Failed.More = more(f.Count, len(records))
		room -= len(records)
	}
	for i := range r.Collections {
		c := &r.Collections[i]
		lists := htmlLists{Name: short(c.Name)}
		for _, l := range listsOf(c) {
			if l.count == 0 {
				continue
			}
			shown, _ := first(l.records, min(htmlListIDs, room))
			room -= len(shown)
			h := htmlList{Kind: l.kind, Words: text.Grouped(l.count) + " " + l.what,
				More: more(l.count, len(shown)), Open: len(shown) <= htmlOpenIDs}
			for _, rec := range shown {
				members, rest := first(rec.Members, htmlMembers)
				text := make([]string, len(members))
				for i, m := range members {
					text[i] = short(m)
				}
				if rest > 0 {
					text = append(text, fmt.Sprintf("and %d more", rest))
				}
				h.Records = append(h.Records, htmlRecord{short(rec.ID), strings.Join(text, ", ")})
			}
			lists.Lists = append(lists.Lists, h)
		}
		if shown, rest := first(c.Values, min(htmlListIDs, room)); len(shown) > 0 {
			n := int64(len(c.Values))
			h := htmlList{
				Kind: "values", Words: text.Number(n, "value that differs", "values that differ"),
				More: more(n, len(shown)), Open: rest == 0 && len(shown) <= htmlOpenIDs,
			}
			room -= len(shown)
			v.Values = true
			for i := range shown {
				words := short(shown[i].Member) + ": " + long(valueWords(&shown[i]))
				h.Records = append(h.Records, htmlRecord{short(shown[i].ID), words})
			}
			lists.Lists = append(lists.Lists, h)
		}
		if len(lists.Lists) > 0 && len(v.Lists) < htmlRows {
			v.Lists = append(v.Lists, lists)
		}
	}
}
