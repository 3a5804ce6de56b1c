package sums

import (
	"encoding/binary"
	"errors"
	"io"
)

var bucketForm = form[Bucket]{page: 128, size: 20,
	put: func(out []byte, b *Bucket) []byte {
		out = binary.LittleEndian.AppendUint64(out, b.A)
		out = binary.LittleEndian.AppendUint64(out, b.B)
		return binary.LittleEndian.AppendUint32(out, b.Count)
	},
	get: func(in []byte) Bucket {
		return Bucket{binary.LittleEndian.Uint64(in), binary.LittleEndian.Uint64(in[8:]),
			binary.LittleEndian.Uint32(in[16:])}
	},
}

// Size is the number of bytes that Write writes.
func (s *Buckets) Size() int { return s.size(bucketForm) }

// Write writes its form in a file.
func (s *Buckets) Write(w io.Writer) error { return s.write(w, bucketForm) }

// Restore reads what Write wrote.
func (s *Buckets) Restore(in []byte) error { return s.restore(in, bucketForm) }

var markForm = form[Group]{page: 128, size: Groups / 8,
	put: func(out []byte, g *Group) []byte { return putWords(out, g[:]) },
	get: func(in []byte) (g Group) { getWords(in, g[:]); return g },
}

// Size is the number of bytes that Write writes.
func (m *Marks) Size() int { return m.size(markForm) }

// Write writes its form in a file.
func (m *Marks) Write(w io.Writer) error { return m.write(w, markForm) }

// Restore reads what Write wrote.
func (m *Marks) Restore(in []byte) error { return m.restore(in, markForm) }

var filterForm = form[[8]uint64]{page: 512, size: 64,
	put: func(out []byte, block *[8]uint64) []byte { return putWords(out, block[:]) },
	get: func(in []byte) (block [8]uint64) { getWords(in, block[:]); return block },
}

// Size is the number of bytes that Write writes.
func (f *Filter) Size() int { return 8 + f.size(filterForm) }

// Write writes its form in a file.
func (f *Filter) Write(w io.Writer) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(f.count))); err != nil {
		return err
	}
	return f.write(w, filterForm)
}

// Restore reads what Write wrote.
func (f *Filter) Restore(in []byte) error {
	if len(in) < 8 {
		return errors.New("a filter that cannot be read")
	}
	f.count = int64(binary.LittleEndian.Uint64(in))
	return f.restore(in[8:], filterForm)
}

func putWords(out []byte, words []uint64) []byte {
	for _, word := range words {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return out
}

func getWords(in []byte, words []uint64) {
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(in[8*i:])
	}
}
