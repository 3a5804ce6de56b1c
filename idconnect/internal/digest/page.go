package digest

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Parser parses an answer to a query; an [openidm.Client] is one.
type Parser interface {
	ParsePage(resource string, body []byte) (openidm.Page, error)
}

// Body is a page as it came from a server.
type Body struct {
	Buf  []byte // the answer, and padding bytes behind it
	n    int
	Next string // the cookie of the page that follows, "" where none does
}

// Text is the answer alone.
func (b *Body) Text() []byte { return b.Buf[:b.n] }

// Set takes a fetched answer.
func (b *Body) Set(answer []byte) {
	b.n = len(answer)
	b.Buf = append(answer, make([]byte, padding)...)
}

// Foot finds how many records a page has, by its own count, and the cookie of the next
// page, without reading the records, so that the next request need not wait for that:
// what follows the last "]," must close the list of the results, as it makes an object
// of its own. When that fails the page is read whole. Who reads the records compares
// their number.
func Foot(server Parser, resource string, body []byte) (records int, next string, err error) {
	if i := bytes.LastIndex(body, []byte(`],`)); i >= 0 && len(body)-i < 64<<10 {
		tail := append([]byte(`{"result":[`), body[i:]...)
		var count struct {
			Records *int `json:"resultCount"`
		}
		page, err := server.ParsePage(resource, tail)
		if err == nil && json.Unmarshal(tail, &count) == nil && count.Records != nil && *count.Records >= 0 {
			return *count.Records, page.Cookie, nil
		}
	}
	page, err := server.ParsePage(resource, body)
	return len(page.Result), page.Cookie, err
}

// Page is what a reader leaves of a page.
type Page struct {
	Digests    []Digest
	Unreadable int
	LeftOut    int    // records that the rules leave out
	Tally      Tally  // what the rules found
	rest       []byte // the page without its records
	Total      int64  // of the collection, if the server counts, else -1
}

func (p *Page) reset() { p.Digests, p.Unreadable, p.LeftOut, p.Tally = p.Digests[:0], 0, 0, Tally{} }

// Records is how many records the page had.
func (p *Page) Records() int { return len(p.Digests) + p.Unreadable + p.LeftOut }

// add takes a record, or the error of one.
func (p *Page) add(d Digest, err error, effects Effects) {
	switch {
	case err == nil:
		p.Digests = append(p.Digests, d)
	case errors.Is(err, ErrLeftOut):
		p.LeftOut++
	default:
		p.Unreadable++
		return
	}
	p.Tally.add(effects)
}

// readPage reads a whole page and reports whether it could: otherwise it holds
// something that is not as it should be, and the long way says what.
func (t *Hasher) readPage(b *Body, into *Page) bool {
	into.reset()
	into.rest = append(into.rest[:0], `{"result":[]`...)
	t.in, t.n, t.pos, t.depth, t.names = b.Buf, b.n, 0, 0, t.names[:0]
	found := false
	if !t.take('{') {
		return false
	}
	for open := true; open; {
		if t.space(); t.in[t.pos] != '"' {
			return false
		}
		from := t.pos
		if _, ok := t.string(); !ok {
			return false
		}
		isResult := string(t.text) == "result"
		if !t.take(':') {
			return false
		}
		if isResult {
			if found || !t.take('[') || !t.records(into) {
				return false
			}
			found = true
		} else {
			t.depth = 1
			_, ok := t.value(nil)
			if t.depth = 0; !ok {
				return false
			}
			into.rest = append(append(into.rest, ','), t.in[from:t.pos]...)
		}
		if open = t.take(','); !open && !t.take('}') {
			return false
		}
	}
	t.space()
	into.rest = append(into.rest, '}')
	return found && t.pos == t.n
}

func (t *Hasher) records(into *Page) bool {
	for open := !t.take(']'); open; {
		d, end, err := t.record(t.in, t.pos, t.n)
		if errors.Is(err, errNotJSON) {
			return false
		}
		into.add(d, err, t.settled.effects)
		t.pos, t.depth = end, 0
		if open = t.take(','); !open && !t.take(']') {
			return false
		}
	}
	return true
}

// one reads a record that stands alone; IDText is valid until the next one.
func (t *Hasher) one(raw json.RawMessage) (Digest, error) {
	t.spare = append(append(t.spare[:0], raw...), make([]byte, padding)...)
	d, _, err := t.record(t.spare, 0, len(raw))
	return d, err
}

// Read reads a page, record by record if it must. The error is that of a page
// that cannot be read at all.
func (t *Hasher) Read(server Parser, resource string, b *Body, into *Page) error {
	if t.readPage(b, into) {
		page, err := server.ParsePage(resource, into.rest)
		if err == nil && page.Cookie != b.Next {
			err = openidm.ErrPaging // its end was not what it looked like
		}
		into.Total = int64(page.Total)
		return err
	}
	page, err := server.ParsePage(resource, b.Text())
	if err != nil {
		return err
	}
	into.reset()
	into.Total = int64(page.Total)
	for _, raw := range page.Result {
		d, err := t.one(raw)
		d.IDText = bytes.Clone(d.IDText)
		into.add(d, err, t.settled.effects)
	}
	return nil
}
