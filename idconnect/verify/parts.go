package verify

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// maxChunks is how many parts are kept of a collection at most: with
	// more records they become larger.
	maxChunks = 1 << 14
	// firstMask makes a part of 16 records at first.
	firstMask = 15
	// maxReread: where more than this fraction of the records would be
	// read again in parts, all of them are.
	maxReread = 3
)

// idRange is a range of ids: from that one to before the other; "" is open.
// The zero value is everything.
type idRange struct {
	From, To string
	cookies  [2]string // where to begin
}

// filter asks for the part, in the words of a query filter.
func (p idRange) filter() string {
	quote := func(id string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"` }
	var parts []string
	if p.From != "" {
		parts = append(parts, "_id ge "+quote(p.From))
	}
	if p.To != "" {
		parts = append(parts, "_id lt "+quote(p.To))
	}
	return strings.Join(parts, " and ")
}

func (p idRange) has(id string) bool { return id >= p.From && (p.To == "" || id < p.To) }

// chunk sums the records from one id to the next chunk's.
type chunk struct {
	From  string
	Hash  uint64 // of From
	Twice bool   // an id stood twice in it
	Sum   bucket
}

// chunkList are the sums of a collection in parts, for a server that gives
// its records in the order of their ids. Where a part begins is decided by the
// id alone, so that both servers' parts have the same bounds, but for those
// that begin with a record that one of them lacks. The zero value is ready.
type chunkList struct {
	List []chunk
	Mask uint64
	Last []byte // the id before
}

// add reports whether the order still holds.
func (c *chunkList) add(d digest.Digest) bool {
	id := d.IDText
	if bytes.IndexByte(id, '\\') >= 0 { // rare: an escape
		name := digest.Unescape(id)
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return false // not to be asked for
		}
		id = []byte(name)
	}
	if len(c.List) == 0 {
		c.Mask = firstMask
		c.List = append(c.List, chunk{})
	}
	order := bytes.Compare(id, c.Last)
	if order < 0 {
		return false
	}
	if bound := d.ID >> 17; bound&c.Mask == 0 && order > 0 {
		if len(c.List) >= maxChunks {
			c.coarsen(c.Mask<<1 | 1)
		}
		if bound&c.Mask == 0 {
			c.List = append(c.List, chunk{From: string(id), Hash: bound})
		}
	}
	now := &c.List[len(c.List)-1]
	now.Sum.add(d.Sum)
	now.Twice = now.Twice || order == 0
	c.Last = append(c.Last[:0], id...)
	return true
}

// coarsen joins the parts whose bound is none under a mask with more bits.
func (c *chunkList) coarsen(mask uint64) {
	if c.Mask = mask; len(c.List) == 0 {
		return
	}
	kept := c.List[:1]
	for _, x := range c.List[1:] {
		if x.Hash&mask == 0 {
			kept = append(kept, x)
			continue
		}
		into := &kept[len(kept)-1]
		into.Sum.join(x.Sum)
		into.Twice = into.Twice || x.Twice
	}
	clear(c.List[len(kept):])
	c.List = kept
}

// compareChunks returns the parts that differ, and one that does not and
// holds something, to try the servers with. Parts that are so near to each
// other that a request costs more than the records between them are joined, up
// to so many records.
func compareChunks(a, b *chunkList, near, most int64) (differing []mismatch, equal mismatch) {
	mask := max(a.Mask, b.Mask)
	for _, c := range []*chunkList{a, b} {
		if c.coarsen(mask); len(c.List) == 0 {
			c.List = []chunk{{}}
		}
	}
	lists := [2][]chunk{a.List, b.List}
	var between [2]uint32 // records since the last part that differs
	for from := ""; len(lists[0])+len(lists[1]) > 0; {
		var sums [2]bucket
		alike, to := true, ""
		take := func(side int) {
			sums[side].join(lists[side][0].Sum)
			alike = alike && !lists[side][0].Twice
			lists[side] = lists[side][1:]
		}
		for side := range lists {
			if len(lists[side]) > 0 && lists[side][0].From == from {
				take(side)
			}
		}
		// The bounds that only one of them has are left out.
		for {
			next := [2]string{}
			for side, l := range lists {
				if len(l) > 0 {
					next[side] = l[0].From
				}
			}
			if to = next[0]; next[0] == next[1] {
				break
			}
			if next[0] != "" && (next[1] == "" || next[0] < next[1]) {
				take(0)
			} else {
				take(1)
			}
		}
		d := mismatch{
			Bucket: -1, Part: idRange{From: from, To: to},
			Counts: [2]uint32{sums[0].Count, sums[1].Count}, Alike: sums[0] == sums[1], sums: sums,
		}
		n := len(differing)
		switch {
		case d.Alike && alike:
			if d.Counts[0] > 0 && equal.Counts[0] == 0 {
				equal = d
			}
			for side := range between {
				between[side] += d.Counts[side]
			}
		case n > 0 && int64(between[0]) <= near &&
			differing[n-1].total()+int64(between[0]+between[1])+d.total() <= most:
			last := &differing[n-1]
			last.Part.To, last.Alike = to, last.Alike && d.Alike
			for side := range sums {
				last.Counts[side] += between[side] + d.Counts[side]
			}
			between = [2]uint32{}
		default:
			differing = append(differing, d)
			between = [2]uint32{}
		}
		from = to
	}
	return differing, equal
}

// canRange finds out, by asking for a part of which all is known, whether both
// servers give the records of a range of ids, in their order.
func (v *verifier) canRange(ctx context.Context, known mismatch) (bool, error) {
	if v.absent[0] || v.absent[1] || known.Counts[0] == 0 {
		return false, nil
	}
	var chunks [2]chunkList
	var trees [2]*digest.Hasher
	var pages [2]digest.Page
	for side := range trees {
		trees[side] = v.hasher(side)
	}
	tooMany := errors.New("more than there are")
	err := v.parts(ctx, []idRange{known.Part}, [2]int64{}, func(side int, b *digest.Body) (int, error) {
		if err := trees[side].Read(v.servers[side], v.report.Resource, b, &pages[side]); err != nil {
			return 0, err
		}
		for _, d := range pages[side].Digests {
			if !chunks[side].add(d) {
				return 0, errOrder
			}
		}
		if len(chunks[side].List) > 0 && chunks[side].count() > 2*known.sums[side].Count {
			return 0, tooMany // it does not look at the filter
		}
		return len(pages[side].Digests), nil
	})
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err != nil {
		var answer *openidm.Error
		if errors.Is(err, tooMany) || errors.Is(err, errOrder) || errors.As(err, &answer) &&
			!errors.Is(err, openidm.ErrUnavailable) && !errors.Is(err, openidm.ErrUnauthorized) {
			return false, nil
		}
		return false, err
	}
	for side := range chunks {
		c := &chunks[side]
		if len(c.List) == 0 {
			return false, nil
		}
		c.coarsen(^uint64(0))
		all := c.List[0].Sum
		for _, x := range c.List[1:] {
			all.join(x.Sum)
		}
		if all != known.sums[side] {
			return false, nil
		}
	}
	return true, nil
}

func (c *chunkList) count() (n uint32) {
	for _, x := range c.List {
		n += x.Sum.Count
	}
	return n
}
