package digest

import (
	"encoding/binary"
	"errors"
	"io"
)

var errSums = errors.New("sums that cannot be read")

// WritePages writes tables whose pages are made when they are needed: the number of
// each page before it, and what add appends of it, which is what [binary.Append]
// would, and in a tenth of the time. It holds no more than one page.
func WritePages[T any](w io.Writer, pages []*T, add func(out []byte, page *T) []byte) error {
	var out []byte
	for i, page := range pages {
		if page == nil {
			continue
		}
		out = add(binary.LittleEndian.AppendUint32(out[:0], uint32(i)), page)
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// PagesSize is the number of bytes that [WritePages] writes.
func PagesSize[T any](pages []*T) (n int) {
	for _, page := range pages {
		if page != nil {
			n += 4 + binary.Size(page)
		}
	}
	return n
}

// RestorePages reads what [WritePages] wrote.
func RestorePages[T any](in []byte, pages []*T) error {
	for len(in) > 0 {
		if len(in) < 4 {
			return errSums
		}
		i, page := binary.LittleEndian.Uint32(in), new(T)
		n, err := binary.Decode(in[4:], binary.LittleEndian, page)
		if err != nil || int64(i) >= int64(len(pages)) {
			return errSums
		}
		pages[i], in = page, in[4+n:]
	}
	return nil
}
