package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
)

// rawEntry is an entry of an archive that no writer of archives would make:
// what is not set is as it should be.
type rawEntry struct {
	name    string
	content string
	mode    uint32 // of Unix, with its kind; 0: a file, or a folder, as usual
	dos     bool   // packed by a system without modes
	method  uint16 // 0: stored; 8 deflates content
	flags   uint16
	// The directory's words, where they differ from the truth.
	size, compressed *uint64
	crc              *uint32
	data             []byte // in the place of content, packed
	// The entry's own header's words, where they differ from the directory's.
	ownName             *string
	ownMethod, ownFlags *uint16
	ownSize             *uint32
	extra               []byte // of the directory
	// at is where the directory says that the entry is; nil: where it is.
	at *uint32
	// zip64 gives the sizes in the extra field.
	zip64 bool
	// hidden entries are in no directory, bare ones only there.
	hidden, bare bool
}

// rawEnd is what stands at the end, where it differs from the truth.
type rawEnd struct {
	before, behind string
	comment        string
	count          *uint16
	count64        *uint64
	disk           uint16
	directory      int // added to where the directory is said to be
}

func is[T any](v T) *T { return &v }

func (e rawEntry) packed(t *testing.T) []byte {
	if e.data != nil || e.method != 8 {
		if e.data != nil {
			return e.data
		}
		return []byte(e.content)
	}
	if packed, ok := deflated.Load(e.content); ok {
		return packed.([]byte)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err == nil {
		_, err = w.Write([]byte(e.content))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	deflated.Store(e.content, b.Bytes())
	return b.Bytes()
}

// deflated has what was packed before: bombs take seconds.
var deflated sync.Map

var (
	short  = binary.LittleEndian.AppendUint16
	long   = binary.LittleEndian.AppendUint32
	long64 = binary.LittleEndian.AppendUint64
)

// or is what p points at, else v.
func or[T any](p *T, v T) T {
	if p != nil {
		return *p
	}
	return v
}

// parts are an entry's header with its data, which begins at a place of the archive, and its part of the directory.
func (e rawEntry) parts(t *testing.T, at int) (header, directory []byte) {
	data := e.packed(t)
	size, compressed := or(e.size, uint64(len(e.content))), or(e.compressed, uint64(len(data)))
	crc := or(e.crc, crc32.ChecksumIEEE([]byte(e.content)))
	var extra64 []byte
	size32, compressed32 := uint32(size), uint32(compressed)
	if e.zip64 {
		extra64 = long64(long64(short(short(nil, extraSizes64), 16), size), compressed)
		size32, compressed32 = 0xffffffff, 0xffffffff
	}
	if !e.bare {
		name := or(e.ownName, e.name)
		header = short(short([]byte("PK\x03\x04"), 20), or(e.ownFlags, e.flags))
		header = long(short(header, or(e.ownMethod, e.method)), 0)
		header = long(long(long(header, crc), compressed32), or(e.ownSize, size32))
		header = short(short(header, uint16(len(name))), uint16(len(extra64)))
		header = append(append(append(header, name...), extra64...), data...)
	}
	if e.hidden {
		return header, nil
	}
	folder := strings.HasSuffix(e.name, "/")
	made, mode := uint16(3<<8|20), e.mode
	switch {
	case e.dos:
		made, mode = 20, 0
	case mode == 0 && folder:
		mode = 0o40755
	case mode == 0:
		mode = 0o100644
	}
	attributes := mode << 16
	if folder {
		attributes |= 0x10 // to systems without modes
	}
	extra := append(bytes.Clone(extra64), e.extra...)
	directory = short(short(short(short([]byte("PK\x01\x02"), made), 20), e.flags), e.method)
	directory = long(long(long(long(directory, 0), crc), compressed32), size32)
	directory = short(short(directory, uint16(len(e.name))), uint16(len(extra)))
	directory = short(short(short(directory, 0), 0), 0)
	directory = long(long(directory, attributes), or(e.at, uint32(at)))
	return header, append(append(directory, e.name...), extra...)
}

// rawZip makes an archive, byte by byte.
func rawZip(t *testing.T, end rawEnd, entries ...rawEntry) []byte {
	t.Helper()
	out := []byte(end.before)
	var directory []byte
	n := 0
	for _, e := range entries {
		header, listed := e.parts(t, len(out))
		out, directory = append(out, header...), append(directory, listed...)
		if listed != nil {
			n++
		}
	}
	from := len(out) + end.directory
	out = append(out, directory...)
	count := or(end.count, uint16(n))
	if end.count64 != nil {
		at := len(out)
		out = short(short(long64(append(out, "PK\x06\x06"...), 44), 45), 45)
		out = long64(long64(long(long(out, 0), 0), *end.count64), *end.count64)
		out = long64(long64(out, uint64(len(directory))), uint64(from))
		out = long(long64(long(append(out, "PK\x06\x07"...), 0), uint64(at)), 1)
		count = 0xffff
	}
	out = short(short(append(out, "PK\x05\x06"...), end.disk), end.disk)
	out = long(long(short(short(out, count), count), uint32(len(directory))), uint32(from))
	out = append(short(out, uint16(len(end.comment))), end.comment...)
	return append(out, end.behind...)
}

// Kinds of Unix files.
const (
	rawLink   = 0o120777
	rawChar   = 0o020666
	rawBlock  = 0o060660
	rawPipe   = 0o010644
	rawSocket = 0o140755
	rawFolder = 0o040755
)

// rawPackage is what a package must have, and more.
func rawPackage(more ...rawEntry) []rawEntry {
	return append([]rawEntry{
		{name: "salesforceIdConnect/setup.sh", content: "#!/bin/sh\n", mode: 0o100755},
		{name: "salesforceIdConnect/setup.bat", content: "rem\r\n"},
		{name: "salesforceIdConnect/security/README", content: "stores"},
	}, more...)
}
