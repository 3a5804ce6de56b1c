package sums

import (
	"encoding/binary"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// Bytes is its form in a file.
func (s *Buckets) Bytes() []byte { return digest.AppendPages(nil, s.pages[:]) }

// Restore reads what Bytes wrote.
func (s *Buckets) Restore(in []byte) error { return digest.RestorePages(in, s.pages[:]) }

// Bytes is its form in a file.
func (f *Filter) Bytes() []byte {
	return digest.AppendPages(binary.LittleEndian.AppendUint64(nil, uint64(f.count)), f.pages[:])
}

// Restore reads what Bytes wrote.
func (f *Filter) Restore(in []byte) error {
	if len(in) < 8 {
		return errors.New("a filter that cannot be read")
	}
	f.count = int64(binary.LittleEndian.Uint64(in))
	return digest.RestorePages(in[8:], f.pages[:])
}
