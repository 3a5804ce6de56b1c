package digest

import (
	"encoding/binary"
	"errors"
)

var errSums = errors.New("sums that cannot be read")

// AppendPages writes tables whose pages are made when they are needed: the number
// of each page before it.
func AppendPages[T any](out []byte, pages []*T) []byte {
	for i, page := range pages {
		if page != nil {
			out = binary.LittleEndian.AppendUint32(out, uint32(i))
			out, _ = binary.Append(out, binary.LittleEndian, page) // of fixed size: no error
		}
	}
	return out
}

// RestorePages reads what [AppendPages] wrote.
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
