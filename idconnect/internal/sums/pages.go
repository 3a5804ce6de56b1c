package sums

import (
	"encoding/binary"
	"errors"
)

var errSums = errors.New("sums that cannot be read")

// pagesBytes writes tables whose pages are made when they are needed: the number
// of each page before it.
func pagesBytes[T any](out []byte, pages []*T) []byte {
	for i, page := range pages {
		if page != nil {
			out = binary.LittleEndian.AppendUint32(out, uint32(i))
			out, _ = binary.Append(out, binary.LittleEndian, page) // of fixed size: no error
		}
	}
	return out
}

func restorePages[T any](in []byte, pages []*T) error {
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

// Bytes is its form in a file.
func (s *Buckets) Bytes() []byte { return pagesBytes(nil, s.pages[:]) }

// Restore reads what Bytes wrote.
func (s *Buckets) Restore(in []byte) error { return restorePages(in, s.pages[:]) }

// Bytes is its form in a file.
func (f *Filter) Bytes() []byte {
	return pagesBytes(binary.LittleEndian.AppendUint64(nil, uint64(f.count)), f.pages[:])
}

// Restore reads what Bytes wrote.
func (f *Filter) Restore(in []byte) error {
	if len(in) < 8 {
		return errSums
	}
	f.count = int64(binary.LittleEndian.Uint64(in))
	return restorePages(in[8:], f.pages[:])
}
