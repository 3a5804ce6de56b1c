// Package checklist is the cut-over from 2.1 to 7.1.6 as a list for people, made for
// one site: what only a person can do, and what runs have proved. Begin with [Make].
package checklist

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Site is what a list is made for.
type Site struct {
	// Program is the name with which commands are shown.
	Program string
	// SourceDir is "" where it is not named.
	SourceDir            string
	SourceURL, TargetURL string
	// InstanceURL is the address of the source as the target uses it.
	InstanceURL string
	Callbacks   []string
}

// List is the list.
type List struct {
	Site Site `json:"-"`
	// Decision is "go", "no-go" or "look", and Because why.
	Decision string    `json:"decision"`
	Because  string    `json:"because"`
	Sections []Section `json:"sections"`
	// Unread says which files could not be read, and why.
	Unread []string `json:"unread,omitempty"`
}

// Section is a part of the list, in its time.
type Section struct {
	Title string `json:"title"`
	Items []Item `json:"items"`
}

// Item is one thing to do.
type Item struct {
	Do string `json:"do"`
	// How is a command or a place, "" where Do says it.
	How []string `json:"how,omitempty"`
	Why string   `json:"why,omitempty"`
	// Done is set only where a journal or a report proves it; Seen says what they show.
	Done bool   `json:"done"`
	Seen string `json:"seen,omitempty"`
}

// Make makes the list of a site.
func Make(s Site, e *evidence.Evidence) *List {
	l := &List{Site: s, Unread: e.Unread}
	l.Decision, l.Because = decide(s, e)
	l.Sections = []Section{
		{"Before the day", before(s, e)}, {"Freeze", freeze(s, e)}, {"Upgrade", upgrade(s, e)},
		{"Go or no-go", decision(s, e)}, {"Switch", change(e)}, {"Afterwards", afterwards(s)},
	}
	return l
}

// when is a time as people read it.
func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// decide says whether 7.1.6 may take over, from the last comparison.
func decide(s Site, e *evidence.Evidence) (decision, because string) {
	if e.Compared == nil {
		return "no-go", "the servers have not been compared yet"
	}
	v := e.Compared.Verify
	at := when(v.Ended)
	end := migrated(e)
	switch other := e.Compared.Target.URL; {
	case other != "" && other != s.TargetURL:
		return "look", fmt.Sprintf("the comparison of %s was with %s", at, other)
	case end != nil && end.After(v.Ended):
		return "no-go", "the servers were compared before the migration ended"
	case v.Verdict.Outcome == "same":
		return "go", fmt.Sprintf("compared at %s, %s, the same", at, text.Plural(v.Verdict.Source, "record"))
	case v.Verdict.Outcome == "same as far as compared":
		return "look", fmt.Sprintf("compared at %s, the same as far as compared; open: %s", at, codes(v.Verdict.Open))
	case v.Verdict.Outcome == "nothing to compare":
		return "no-go", fmt.Sprintf("compared at %s, and neither server had a record", at)
	}
	return "no-go", fmt.Sprintf("compared at %s, %s", at,
		text.Number(v.Verdict.Differences, "record differs", "records differ"))
}

// migrated is when the migration ended, nil where that is not known.
func migrated(e *evidence.Evidence) *time.Time {
	if e.Journal == nil || e.Journal.Migrate == nil {
		return nil
	}
	return e.Journal.Migrate.Ended
}

func codes(items []evidence.Item) string {
	var all []string
	for _, i := range items {
		all = append(all, cmp.Or(i.Code, i.Kind))
	}
	return strings.Join(all, ", ")
}

// step says what a report says of a step, and ticks the item where it is done. Where
// there is a journal that knows better: a rollback leaves the report as it was.
func (i Item) step(e *evidence.Evidence, name string) Item {
	if e.Run == nil {
		return i
	}
	for _, s := range e.Run.Steps {
		if s.Name != name {
			continue
		}
		i.Seen = fmt.Sprintf("%s in the run of %s", s.State, when(e.Run.Started))
		i.Done = s.State == report.Done && e.Journal == nil
	}
	return i
}

// action ticks an item where the journal says that an action ended.
func (i Item) action(name string, a *evidence.Action) Item {
	switch {
	case a == nil:
	case a.Ended == nil:
		i.Seen = fmt.Sprintf("%s began at %s, and its end is not known", name, when(a.Began))
	default:
		i.Done, i.Seen = true, fmt.Sprintf("%s ended at %s", name, when(*a.Ended))
	}
	return i
}

// found says whether the last run found something. That it did not is no proof.
func (i Item) found(e *evidence.Evidence, code string) Item {
	if e.Run == nil {
		return i
	}
	for _, f := range e.Run.Findings {
		if f.Code == code {
			i.Seen = fmt.Sprintf("the run of %s found %s", when(e.Run.Started), code)
		}
	}
	return i
}

// differ is how many records of a collection do.
func differ(c evidence.Collection) int64 {
	return c.MissingCount + c.ExtraCount + c.ChangedCount + c.DuplicateCount
}

// since says what changed from one comparison to the next, in counts.
func (i Item) since(e *evidence.Evidence) Item {
	if e.Before == nil {
		return i
	}
	old, now := e.Before.Verify, e.Compared.Verify
	var changed []string
	for _, c := range now.Collections {
		at := slices.IndexFunc(old.Collections, func(o evidence.Collection) bool { return o.Name == c.Name })
		if at < 0 {
			continue
		}
		was := old.Collections[at]
		for _, n := range []struct {
			what     string
			was, now int64
		}{
			{"in 2.1", was.SourceCount, c.SourceCount}, {"in 7.1.6", was.TargetCount, c.TargetCount},
			{"that differ", differ(was), differ(c)},
		} {
			if n.was != n.now {
				changed = append(changed, fmt.Sprintf("%s %s: %d, then %d", c.Name, n.what, n.was, n.now))
			}
		}
	}
	i.Seen = fmt.Sprintf("from %s to %s no count changed", when(old.Ended), when(now.Ended))
	if len(changed) > 0 {
		i.Seen = fmt.Sprintf("from %s to %s: %s", when(old.Ended), when(now.Ended), strings.Join(changed, "; "))
	}
	return i
}
