package report

import (
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// htmlLists are the lists of one collection.
type htmlLists struct {
	Name  string
	Lists []htmlList
}

type htmlList struct {
	Kind, Words string
	Count       int64
	Records     []htmlRecord
}

type htmlRecord struct{ ID, Says string }

// Open says whether the list is short enough to be unfolded.
func (l htmlList) Open() bool { return len(l.Records) <= htmlOpenIDs }

// addLists takes the ids, failed records among them, while the page has room.
func (v *htmlView) addLists(r *verify.Report) {
	room := htmlAllIDs
	if f := r.Failed; f != nil {
		v.FailedShown = f.Records[:min(htmlListIDs, len(f.Records))]
		room -= len(v.FailedShown)
	}
	for i := range r.Collections {
		c := &r.Collections[i]
		lists := htmlLists{Name: c.Name}
		add := func(kind, words string, count int64, n int, record func(i int) htmlRecord) {
			list := htmlList{Kind: kind, Words: words, Count: count}
			for i := range min(n, htmlListIDs, room) {
				list.Records = append(list.Records, record(i))
			}
			room -= len(list.Records)
			lists.Lists = append(lists.Lists, list)
		}
		for _, l := range listsOf(c) {
			add(l.kind, text.Grouped(l.count)+" "+l.what, l.count, len(l.records), func(i int) htmlRecord {
				return htmlRecord{l.records[i].ID, membersOf(l.records[i])}
			})
		}
		if n := len(c.Values); n > 0 && room > 0 {
			v.Values = true
			add("values", text.Number(n, "value that differs", "values that differ"), int64(n), n,
				func(i int) htmlRecord {
					return htmlRecord{c.Values[i].ID, short(c.Values[i].Member) + ": " + long(valueWords(&c.Values[i]))}
				})
		}
		if len(lists.Lists) > 0 && len(v.Lists) < htmlRows {
			v.Lists = append(v.Lists, lists)
		}
	}
}

func membersOf(c verify.Change) string {
	var names []string
	for _, name := range c.Members[:min(htmlMembers, len(c.Members))] {
		names = append(names, short(name))
	}
	if rest := len(c.Members) - htmlMembers; rest > 0 {
		names = append(names, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(names, ", ")
}
