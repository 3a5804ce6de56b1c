package idconnect

import (
	"bytes"
	"encoding/json"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// verifyBody is a page as it came from a server.
type verifyBody struct {
	buf  []byte // the answer, and verifyPad bytes behind it
	n    int
	next string // the cookie of the page that follows, "" where none does
}

// text is the answer alone.
func (b *verifyBody) text() []byte { return b.buf[:b.n] }

// set takes a fetched answer.
func (b *verifyBody) set(answer []byte) {
	b.n = len(answer)
	b.buf = append(answer, make([]byte, verifyPad)...)
}

// verifyNext finds the cookie of the next page without reading the records
// before it, so that the next request need not wait for that: what follows the
// last "]," must close the list of the results, as it makes an object of its
// own. When that fails the page is read whole.
func verifyNext(server verifyServer, resource string, body []byte) (string, error) {
	if i := bytes.LastIndex(body, []byte(`],`)); i >= 0 && len(body)-i < 64<<10 {
		tail := append([]byte(`{"result":[`), body[i:]...)
		if page, err := server.ParsePage(resource, tail); err == nil {
			return page.Cookie, nil
		}
	}
	page, err := server.ParsePage(resource, body)
	return page.Cookie, err
}

// verifyPage is what a reader leaves of a page.
type verifyPage struct {
	digests    []verifyDigest
	unreadable int
	rest       []byte // the page without its records
	total      int64  // of the collection, if the server counts, else -1
}

// page reads a whole page and reports whether it could: otherwise it holds
// something that is not as it should be, and the long way says what.
func (t *verifyTree) page(b *verifyBody, into *verifyPage) bool {
	into.digests, into.unreadable = into.digests[:0], 0
	into.rest = append(into.rest[:0], `{"result":[]`...)
	t.in, t.n, t.pos, t.depth, t.names = b.buf, b.n, 0, 0, t.names[:0]
	found := false
	if t.space(); t.in[t.pos] != '{' {
		return false
	}
	for {
		t.pos++
		if t.space(); t.in[t.pos] != '"' {
			return false
		}
		from := t.pos
		if _, ok := t.string(); !ok {
			return false
		}
		isResult := string(t.text) == "result"
		if t.space(); t.in[t.pos] != ':' {
			return false
		}
		t.pos++
		t.space()
		switch {
		case isResult && (found || t.in[t.pos] != '['):
			return false
		case isResult:
			found = true
			if !t.records(into) {
				return false
			}
		default:
			t.depth = 1
			_, ok := t.value(nil)
			if t.depth = 0; !ok {
				return false
			}
			into.rest = append(append(into.rest, ','), t.in[from:t.pos]...)
		}
		if t.space(); t.in[t.pos] == ',' {
			continue
		}
		break
	}
	if t.in[t.pos] != '}' {
		return false
	}
	t.pos++
	t.space()
	into.rest = append(into.rest, '}')
	return found && t.pos == t.n
}

func (t *verifyTree) records(into *verifyPage) bool {
	t.pos++
	if t.space(); t.in[t.pos] == ']' {
		t.pos++
		return true
	}
	for {
		d, end, err := t.record(t.in, t.pos, t.n)
		switch err {
		case nil:
			into.digests = append(into.digests, d)
		case errVerifyTree:
			return false
		default:
			into.unreadable++
		}
		t.pos, t.depth = end, 0
		t.space()
		switch b := t.in[t.pos]; {
		case b == ',' && t.pos < t.n:
			t.pos++
		case b == ']' && t.pos < t.n:
			t.pos++
			return true
		default:
			return false
		}
	}
}

// one reads a record that stands alone; idText is valid until the next one.
func (t *verifyTree) one(raw json.RawMessage) (verifyDigest, error) {
	t.spare = append(append(t.spare[:0], raw...), make([]byte, verifyPad)...)
	d, _, err := t.record(t.spare, 0, len(raw))
	return d, err
}

// read reads a page, the long way where it must. The error is that of a page
// that cannot be read at all.
func (t *verifyTree) read(server verifyServer, resource string, b *verifyBody, into *verifyPage) error {
	if t.page(b, into) {
		page, err := server.ParsePage(resource, into.rest)
		if err == nil && page.Cookie != b.next {
			err = openidm.ErrPaging // its end was not what it looked like
		}
		into.total = int64(page.Total)
		return err
	}
	page, err := server.ParsePage(resource, b.text())
	if err != nil {
		return err
	}
	into.digests, into.unreadable, into.total = into.digests[:0], 0, int64(page.Total)
	for _, raw := range page.Result {
		if d, err := t.one(raw); err == nil {
			d.idText = bytes.Clone(d.idText)
			into.digests = append(into.digests, d)
		} else {
			into.unreadable++
		}
	}
	return nil
}
