package idconnect

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// verifyParts is how many parts are kept of a collection at most: with
	// more records they become larger.
	verifyParts = 1 << 14
	// verifyPartMask makes a part of 16 records at first.
	verifyPartMask = 15
	// verifyMaxReread: where more than this fraction of the records would be
	// read again in parts, all of them are.
	verifyMaxReread = 3
)

// verifyPart is a range of ids: from that one to before the other; "" is open.
// The zero value is everything.
type verifyPart struct {
	from, to string
	cookies  [2]string // where to begin
}

// filter asks for the part, in the words of a query filter.
func (p verifyPart) filter() string {
	quote := func(id string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"` }
	var parts []string
	if p.from != "" {
		parts = append(parts, "_id ge "+quote(p.from))
	}
	if p.to != "" {
		parts = append(parts, "_id lt "+quote(p.to))
	}
	return strings.Join(parts, " and ")
}

func (p verifyPart) has(id string) bool { return id >= p.from && (p.to == "" || id < p.to) }

// verifyChunk sums the records from one id to the next chunk's.
type verifyChunk struct {
	from  string
	hash  uint64 // of from
	twice bool   // an id stood twice in it
	verifyBucket
}

// verifyChunks are the sums of a collection in parts, for a server that gives
// its records in the order of their ids. Where a part begins is decided by the
// id alone, so that both servers' parts have the same bounds, but for those
// that begin with a record that one of them lacks. The zero value is ready.
type verifyChunks struct {
	list []verifyChunk
	mask uint64
	last []byte // the id before
}

// add reports whether the order still holds.
func (c *verifyChunks) add(d verifyDigest) bool {
	id := d.idText
	if bytes.IndexByte(id, '\\') >= 0 { // rare: an escape
		name, err := canonicalName(append(append([]byte{'"'}, id...), '"'))
		if err != nil || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return false // not to be asked for
		}
		id = []byte(name)
	}
	if len(c.list) == 0 {
		c.mask = verifyPartMask
		c.list = append(c.list, verifyChunk{})
	}
	order := bytes.Compare(id, c.last)
	if order < 0 {
		return false
	}
	if bound := d.id >> 17; bound&c.mask == 0 && order > 0 {
		if len(c.list) >= verifyParts {
			c.coarsen(c.mask<<1 | 1)
		}
		if bound&c.mask == 0 {
			c.list = append(c.list, verifyChunk{from: string(id), hash: bound})
		}
	}
	now := &c.list[len(c.list)-1]
	now.add(d.sum)
	now.twice = now.twice || order == 0
	c.last = append(c.last[:0], id...)
	return true
}

// coarsen joins the parts whose bound is none under a mask with more bits.
func (c *verifyChunks) coarsen(mask uint64) {
	if c.mask = mask; len(c.list) == 0 {
		return
	}
	kept := c.list[:1]
	for _, x := range c.list[1:] {
		if x.hash&mask == 0 {
			kept = append(kept, x)
			continue
		}
		into := &kept[len(kept)-1]
		into.join(x.verifyBucket)
		into.twice = into.twice || x.twice
	}
	clear(c.list[len(kept):])
	c.list = kept
}

// verifyCompareChunks returns the parts that differ, neighbours joined up to so
// many records, and one that does not and holds something, to try the servers
// with.
func verifyCompareChunks(a, b *verifyChunks, most int64) (differing []verifyDiffering, equal verifyDiffering) {
	mask := max(a.mask, b.mask)
	for _, c := range []*verifyChunks{a, b} {
		if c.coarsen(mask); len(c.list) == 0 {
			c.list = []verifyChunk{{}}
		}
	}
	lists := [2][]verifyChunk{a.list, b.list}
	for from := ""; len(lists[0])+len(lists[1]) > 0; {
		var sums [2]verifyBucket
		alike, to := true, ""
		take := func(side int) {
			sums[side].join(lists[side][0].verifyBucket)
			alike = alike && !lists[side][0].twice
			lists[side] = lists[side][1:]
		}
		for side := range lists {
			if len(lists[side]) > 0 && lists[side][0].from == from {
				take(side)
			}
		}
		// The bounds that only one of them has are left out.
		for {
			next := [2]string{}
			for side, l := range lists {
				if len(l) > 0 {
					next[side] = l[0].from
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
		d := verifyDiffering{bucket: -1, part: verifyPart{from: from, to: to}, counts: [2]uint32{sums[0].count, sums[1].count}, sums: sums}
		d.alike = sums[0] == sums[1]
		switch {
		case d.alike && alike:
			if sums[0].count > 0 && equal.counts[0] == 0 {
				equal = d
			}
		case len(differing) > 0 && differing[len(differing)-1].part.to == from && differing[len(differing)-1].total() < most:
			last := &differing[len(differing)-1]
			last.part.to, last.alike = to, last.alike && d.alike
			for side := range sums {
				last.counts[side] += d.counts[side]
			}
		default:
			differing = append(differing, d)
		}
		from = to
	}
	return differing, equal
}

// canRange finds out, by asking for a part of which all is known, whether both
// servers give the records of a range of ids, in their order.
func (v *verifier) canRange(ctx context.Context, known verifyDiffering) (bool, error) {
	if v.absent[0] || v.absent[1] || known.counts[0] == 0 {
		return false, nil
	}
	var chunks [2]verifyChunks
	var trees [2]*verifyTree
	var pages [2]verifyPage
	for side := range trees {
		trees[side] = newVerifyTree(v.key, v.opts.Keys, v.collection.Ignore)
	}
	tooMany := errors.New("more than there are")
	err := v.pass(ctx, []verifyPart{known.part}, func(side int, b *verifyBody) (int, error) {
		if err := trees[side].read(v.servers[side], v.report.Resource, b, &pages[side]); err != nil {
			return 0, err
		}
		for _, d := range pages[side].digests {
			if !chunks[side].add(d) {
				return 0, errVerifyOrder
			}
		}
		if len(chunks[side].list) > 0 && chunks[side].count() > 2*known.sums[side].count {
			return 0, tooMany // it does not look at the filter
		}
		return len(pages[side].digests), nil
	})
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err != nil {
		var answer *openidm.Error
		if errors.Is(err, tooMany) || errors.Is(err, errVerifyOrder) || errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) && !errors.Is(err, openidm.ErrUnauthorized) {
			return false, nil
		}
		return false, err
	}
	for side := range chunks {
		c := &chunks[side]
		if len(c.list) == 0 {
			return false, nil
		}
		c.coarsen(^uint64(0))
		all := c.list[0].verifyBucket
		for _, x := range c.list[1:] {
			all.join(x.verifyBucket)
		}
		if all != known.sums[side] {
			return false, nil
		}
	}
	return true, nil
}

func (c *verifyChunks) count() (n uint32) {
	for _, x := range c.list {
		n += x.count
	}
	return n
}
