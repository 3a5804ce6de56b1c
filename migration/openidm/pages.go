package openidm

import (
	"errors"
	"fmt"
	"hash/maphash"
)

const (
	// maxIdlePages is how many pages in a row may have no new record, and
	// maxPages how many there may be.
	maxIdlePages = 100
	maxPages     = 1_000_000
)

// Pages watches over the pages of one query, so that one which does not end is
// found out. The zero value is ready. It keeps 8 bytes for each page.
type Pages struct {
	cookies     seen
	idle, count int
}

// seen is a set of texts, of which it keeps 8 bytes each.
type seen struct {
	seed maphash.Seed
	all  map[uint64]struct{}
}

// add reports whether a text is new.
func (s *seen) add(text string) bool {
	if s.all == nil {
		s.seed, s.all = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	before := len(s.all)
	s.all[maphash.String(s.seed, text)] = struct{}{}
	return len(s.all) > before
}

// Next is told of a page: the cookie of the one after it, "" where it is the last,
// and how many records it has that were not there before. The error is
// [ErrPaging], and says why: a cookie comes twice, 100 pages in a row have no
// record, or there are more than a million.
func (p *Pages) Next(cookie string, records int) error {
	if p == nil {
		return errors.New("the pages are nil")
	}
	p.count++
	p.idle++
	if records > 0 {
		p.idle = 0
	}
	switch {
	case cookie == "":
		return nil
	case !p.cookies.add(cookie):
		return fmt.Errorf("%w: a cookie came twice", ErrPaging)
	case p.idle >= maxIdlePages:
		return fmt.Errorf("%w: %d pages in a row without a new record", ErrPaging, p.idle)
	case p.count >= maxPages:
		return fmt.Errorf("%w: more than %d", ErrPaging, maxPages)
	}
	return nil
}
