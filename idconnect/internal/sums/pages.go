package sums

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// Size is the number of bytes that Write writes.
func (s *Buckets) Size() int { return digest.PagesSize(s.pages[:]) }

// Write writes its form in a file.
func (s *Buckets) Write(w io.Writer) error {
	return digest.WritePages(w, s.pages[:], func(out []byte, page *[bucketsPerPage]Bucket) []byte {
		for _, b := range page {
			out = binary.LittleEndian.AppendUint64(out, b.A)
			out = binary.LittleEndian.AppendUint64(out, b.B)
			out = binary.LittleEndian.AppendUint32(out, b.Count)
		}
		return out
	})
}

// Restore reads what Write wrote.
func (s *Buckets) Restore(in []byte) error { return digest.RestorePages(in, s.pages[:]) }

// Size is the number of bytes that Write writes.
func (f *Filter) Size() int { return 8 + digest.PagesSize(f.pages[:]) }

// Write writes its form in a file.
func (f *Filter) Write(w io.Writer) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(f.count))); err != nil {
		return err
	}
	return digest.WritePages(w, f.pages[:], func(out []byte, page *[filterPage][8]uint64) []byte {
		for i := range page {
			for _, word := range page[i] {
				out = binary.LittleEndian.AppendUint64(out, word)
			}
		}
		return out
	})
}

// Restore reads what Write wrote.
func (f *Filter) Restore(in []byte) error {
	if len(in) < 8 {
		return errors.New("a filter that cannot be read")
	}
	f.count = int64(binary.LittleEndian.Uint64(in))
	return digest.RestorePages(in[8:], f.pages[:])
}
