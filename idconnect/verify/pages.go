package verify

import (
	"encoding/binary"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

func (s *bucketSums) bytes() []byte { return digest.AppendPages(nil, s.pages[:]) }

func (s *bucketSums) restore(in []byte) error { return digest.RestorePages(in, s.pages[:]) }

func (f *idFilter) bytes() []byte {
	return digest.AppendPages(binary.LittleEndian.AppendUint64(nil, uint64(f.count)), f.pages[:])
}

func (f *idFilter) restore(in []byte) error {
	if len(in) < 8 {
		return errors.New("a filter that cannot be read")
	}
	f.count = int64(binary.LittleEndian.Uint64(in))
	return digest.RestorePages(in[8:], f.pages[:])
}
