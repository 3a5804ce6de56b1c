package openidm

import (
	"cmp"
	"fmt"
	"io"
)

// maxErrorBody bounds what is read of an answer that is an error, in bytes.
const maxErrorBody = 1 << 20

// BodyLimit is the size of an answer, in bytes, above which it is [ErrTooLarge]: MaxBody or
// its default.
func (c *Client) BodyLimit() int64 { return cmp.Or(max(c.MaxBody, 0), defaultMaxBody) }

// formError says that the reader of a body did not understand what it read.
type formError struct {
	head []byte
	err  error
}

func (e *formError) Error() string { return e.err.Error() }

// readInto lets into read a body within the limit.
func readInto(into io.ReaderFrom, r io.Reader, limit int64) error {
	b := &bounded{r: r, limit: limit}
	_, err := into.ReadFrom(b)
	switch {
	case b.err != nil:
		return b.err
	case err != nil:
		return &formError{b.head, err}
	}
	return nil
}

// bounded reads no more than its limit, and remembers the beginning and how it
// failed.
type bounded struct {
	r        io.Reader
	n, limit int64
	head     []byte
	err      error // but io.EOF
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if room := maxPiece + 1 - len(b.head); room > 0 {
		b.head = append(b.head, p[:min(n, room)]...)
	}
	switch b.n += int64(n); {
	case b.n > b.limit:
		b.err = fmt.Errorf("%w of %d bytes", ErrTooLarge, b.limit)
		return 0, b.err
	case err != nil && err != io.EOF:
		b.err = fmt.Errorf("the answer broke off after %d bytes: %w", b.n, err)
		return n, b.err
	}
	return n, err
}
