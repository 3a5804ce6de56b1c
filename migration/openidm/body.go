package openidm

import (
	"bytes"
	"fmt"
	"io"
)

// maxErrorBody bounds what is read of an answer that is an error, in bytes.
const maxErrorBody = 1 << 20

func (c *Client) maxBody() int64 {
	if c.MaxBody > 0 {
		return c.MaxBody
	}
	return defaultMaxBody
}

func tooLarge(limit int64) error { return fmt.Errorf("%w of %d bytes", ErrTooLarge, limit) }

func brokeOff(n int64, err error) error {
	return fmt.Errorf("the answer broke off after %d bytes: %w", n, err)
}

func (c *Client) readBody(r io.Reader, into []byte) ([]byte, error) {
	limit := c.maxBody()
	b := bytes.NewBuffer(into[:0])
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, brokeOff(n, err)
	}
	if n > limit {
		return nil, tooLarge(limit)
	}
	return b.Bytes(), nil
}

// readError reads the beginning of an error's body.
func readError(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxErrorBody))
	if err != nil {
		return nil, brokeOff(int64(len(b)), err)
	}
	return b, nil
}

// formError says that a stream did not understand what it read.
type formError struct {
	head []byte
	err  error
}

func (e *formError) Error() string { return e.err.Error() }

// readStream lets a stream read a body within the limit.
func (c *Client) readStream(r io.Reader, into io.ReaderFrom) error {
	b := &bounded{r: r, limit: c.maxBody()}
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
		b.err = tooLarge(b.limit)
		return 0, b.err
	case err != nil && err != io.EOF:
		b.err = brokeOff(b.n, err)
		return n, b.err
	}
	return n, err
}
