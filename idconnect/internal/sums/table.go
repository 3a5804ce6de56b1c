package sums

import (
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"slices"
)

const (
	// cells is the length of a table: at a million records there are eight in each.
	cells = 1 << 17
	// fewCells is how many of them are kept one by one. More are spread over nearly
	// all pages of the memory anyway.
	fewCells = cells / 16
	// single begins a file of single cells. It is the number of no page.
	single = 1<<32 - 1
)

var errTable = errors.New("sums that cannot be read")

// table is an array of cells in which those of zero cost nothing while the others are
// few: most collections are small. The zero value is ready.
type table[T comparable] struct {
	few map[uint32]*T
	all []T // nil while they are few
}

// at returns a cell to be changed.
func (t *table[T]) at(i uint32) *T {
	if t.all != nil {
		return &t.all[i]
	}
	cell := t.few[i]
	switch {
	case cell != nil:
	case len(t.few) == fewCells:
		t.spread()
		return &t.all[i]
	default:
		if t.few == nil {
			t.few = map[uint32]*T{}
		}
		cell = new(T)
		t.few[i] = cell
	}
	return cell
}

// spread makes room for all cells.
func (t *table[T]) spread() {
	t.all = make([]T, cells)
	for i, cell := range t.few {
		t.all[i] = *cell
	}
	t.few = nil
}

// get returns a copy of a cell.
func (t *table[T]) get(i uint32) (cell T) {
	if t.all != nil {
		return t.all[i]
	}
	if few := t.few[i]; few != nil {
		cell = *few
	}
	return cell
}

// filled adds the numbers of all cells that may not be zero to others.
func (t *table[T]) filled(numbers []uint32) []uint32 {
	for i := range t.all {
		numbers = append(numbers, uint32(i))
	}
	return slices.AppendSeq(numbers, maps.Keys(t.few))
}

// form is how the cells of a table stand in a file.
type form[T any] struct {
	page int // how many of them have one number before them, unless they are single
	size int // of one
	put  func(out []byte, cell *T) []byte
	get  func(in []byte) T
}

// size is the number of bytes that write writes.
func (t *table[T]) size(f form[T]) int {
	switch {
	case t.all != nil:
		return cells/f.page*4 + cells*f.size
	case len(t.few) > 0:
		return 4 + len(t.few)*(4+f.size)
	}
	return 0
}

// write writes single cells, each behind its number, or all in pages, each behind the
// number of the page. The single ones are few.
func (t *table[T]) write(w io.Writer, f form[T]) error {
	var out []byte
	if len(t.few) > 0 {
		out = binary.LittleEndian.AppendUint32(make([]byte, 0, t.size(f)), single)
		for i, cell := range t.few {
			out = f.put(binary.LittleEndian.AppendUint32(out, i), cell)
		}
		_, err := w.Write(out)
		return err
	}
	for i := 0; i < len(t.all); i += f.page {
		out = binary.LittleEndian.AppendUint32(out[:0], uint32(i/f.page))
		for n := range f.page {
			out = f.put(out, &t.all[i+n])
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// restore reads what write wrote, where pages may be missing.
func (t *table[T]) restore(in []byte, f form[T]) error {
	if len(in) >= 4 && binary.LittleEndian.Uint32(in) == single {
		in, f.page = in[4:], 1
	}
	for ; len(in) > 0; in = in[4+f.page*f.size:] {
		if len(in) < 4+f.page*f.size {
			return errTable
		}
		first := int64(binary.LittleEndian.Uint32(in)) * int64(f.page)
		if first >= cells {
			return errTable
		}
		var zero T
		for n := range f.page {
			if cell := f.get(in[4+n*f.size:]); cell != zero {
				*t.at(uint32(first) + uint32(n)) = cell
			}
		}
	}
	return nil
}
