package migration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/idconnect-go/upgrade/internal/redact"
)

// answer reads an answer as it comes, in little memory however large it is.
type answer struct {
	words  map[string]Phase
	redact redact.Redactor
	status Status
}

// ReadFrom implements [io.ReaderFrom]. The error is that of r or of what is no
// JSON; the status is set all the same.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	kept := &beginning{r: r}
	d := json.NewDecoder(&condenser{r: kept})
	d.UseNumber()
	p := &parser{words: a.words, redact: a.redact, d: d}
	out, err := p.whole()
	a.status = out.Status
	if len(kept.b) > maxRaw {
		a.status.Size = kept.n
		a.status.Raw = json.RawMessage(a.redact.Cut(string(kept.b[:maxRaw])))
	} else {
		a.status.Raw = a.redact.JSON(kept.b)
	}
	return kept.n, err
}

// beginning keeps the first bytes of what is read.
type beginning struct {
	r io.Reader
	b []byte
	n int64
}

func (k *beginning) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	k.n += int64(n)
	if room := maxRaw + 1 - len(k.b); room > 0 {
		k.b = append(k.b, p[:min(n, room)]...)
	}
	return n, err
}

const (
	// maxString bounds a string of an answer, maxLiteral a number, in bytes.
	maxString  = 4 << 10
	maxLiteral = 64
	cutMark    = "…"
)

var errLiteral = errors.New("a number of more than 64 characters")

// condenser shortens JSON so that a decoder, which holds each token whole, needs
// little memory: long strings are cut, with a mark behind them, and white space
// between tokens becomes one blank.
type condenser struct {
	r   io.Reader
	in  [4 << 10]byte
	out bytes.Buffer
	err error

	inString, blank, cut bool
	escape               int // bytes of an escape that follow
	length               int // of the string or literal so far
}

func (c *condenser) Read(p []byte) (int, error) {
	for c.out.Len() == 0 && c.err == nil {
		var n int
		n, c.err = c.r.Read(c.in[:])
		for _, b := range c.in[:n] {
			if err := c.take(b); err != nil {
				c.err = err
				break
			}
		}
	}
	if c.out.Len() > 0 {
		return c.out.Read(p)
	}
	return 0, c.err
}

func (c *condenser) take(b byte) error {
	if c.inString {
		c.inside(b)
		return nil
	}
	switch b {
	case ' ', '\t', '\n', '\r':
		if !c.blank {
			c.out.WriteByte(' ')
		}
		c.blank, c.length = true, 0
		return nil
	case '"':
		c.inString, c.cut, c.escape, c.length = true, false, 0, 0
	case '{', '}', '[', ']', ':', ',':
		c.length = 0
	default:
		if c.length++; c.length > maxLiteral {
			return errLiteral
		}
	}
	c.blank = false
	c.out.WriteByte(b)
	return nil
}

// inside takes a byte of a string. It cuts between characters, never within an
// escape or within a character of UTF-8.
func (c *condenser) inside(b byte) {
	c.length++
	whole := c.escape == 0 && b&0xC0 != 0x80
	switch {
	case c.escape == 0 && b == '"':
		if c.inString, c.length = false, 0; c.cut {
			c.out.WriteString(cutMark)
		}
		c.out.WriteByte('"')
		return
	case whole && c.length > maxString:
		c.cut = true
	}
	switch {
	case c.escape == 0 && b == '\\':
		c.escape = 1
	case c.escape == 1 && b == 'u':
		c.escape = 4
	case c.escape > 0:
		c.escape--
	}
	if !c.cut {
		c.out.WriteByte(b)
	}
}
