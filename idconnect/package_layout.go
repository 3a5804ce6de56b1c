package idconnect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
)

// What follows is of PKWARE's APPNOTE: bits of the flags, and the lengths of
// the fixed parts of headers.
const (
	flagEncrypted         = 1 << 0
	flagSizesBehind       = 1 << 3
	flagStronglyEncrypted = 1 << 6
	flagMasked            = 1 << 13

	localHeader = 30
	endRecord   = 22
	endLocator  = 20
	endRecord64 = 56

	extraSizes64 = 0x0001
	extraUTF8    = 0x7075 // Info-ZIP's other name of an entry
)

// watchedFile tells where the last read was, and refuses to be read when more
// than left bytes were; negative left: no limit.
type watchedFile struct {
	*os.File
	left int64
	at   int64
}

var errTooMuch = errors.New("more than is read of a package's directory")

func (w *watchedFile) ReadAt(b []byte, at int64) (int, error) {
	w.at = at
	if w.left >= 0 {
		if w.left -= int64(len(b)); w.left < 0 {
			return 0, errTooMuch
		}
	}
	return w.File.ReadAt(b, at)
}

// checkLayout refuses an archive that other programs may read otherwise than it
// was looked at here: by the headers before the entries in the place of the
// directory at the end, or with another directory. Entries that share bytes
// are the bomb that no ratio shows.
func (p *packageFile) checkLayout(ctx context.Context, size int64) error {
	if fault := p.endFault(size); fault != "" {
		return p.refuse("", "%s", fault)
	}
	type part struct {
		from, to int64
		name     string
	}
	parts := make([]part, 0, len(p.File))
	for _, f := range p.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Where the entry's own header is, only the read of it tells.
		data, err := f.DataOffset()
		if err != nil {
			return &PackageError{Path: p.name, Entry: f.Name, Reason: "its header cannot be read", Code: codes.PackageCorrupt.Code, Err: err}
		}
		from := p.reads.at
		if data < from+localHeader || data > from+localHeader+2*0xffff {
			return p.refuse(f.Name, "a header that is not where it should be")
		}
		header := make([]byte, data-from)
		if _, err := p.reads.ReadAt(header, from); err != nil {
			return &PackageError{Path: p.name, Entry: f.Name, Reason: "its header cannot be read", Code: codes.PackageCorrupt.Code, Err: err}
		}
		if fault := localFault(header, f.Name, f.Flags, f.Method, f.CRC32, f.CompressedSize64, f.UncompressedSize64); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		if name, ok := extraField(f.Extra, extraUTF8); ok && len(name) > 5 && string(name[5:]) != f.Name {
			return p.refuse(f.Name, "another name, %q, beside it", name[5:])
		}
		parts = append(parts, part{from, data + int64(f.CompressedSize64), f.Name})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	for i, part := range parts {
		switch {
		case i == 0 && part.from > 0:
			return p.refuse("", "%d bytes before its first entry", part.from)
		case i > 0 && part.from < parts[i-1].to:
			return p.refuse(part.name, "it shares bytes with the entry %q", parts[i-1].name)
		case part.to > size-endRecord:
			return &PackageError{Path: p.name, Entry: part.name, Reason: "it goes beyond the end", Code: codes.PackageCorrupt.Code}
		}
	}
	return nil
}

// endFault looks at the record at the very end.
func (p *packageFile) endFault(size int64) string {
	at := size - endRecord - int64(len(p.Comment))
	end := make([]byte, endRecord)
	if at < 0 {
		return "no end"
	}
	if _, err := p.reads.ReadAt(end, at); err != nil || !bytes.HasPrefix(end, []byte("PK\x05\x06")) ||
		int(binary.LittleEndian.Uint16(end[20:])) != len(p.Comment) {
		return "something behind its end"
	}
	if bytes.Contains([]byte(p.Comment), []byte("PK\x05\x06")) {
		return "a second end in its comment"
	}
	count := uint64(binary.LittleEndian.Uint16(end[10:]))
	if disk := binary.LittleEndian.Uint32(end[4:]); disk != 0 && disk != 0xffffffff {
		return "it is a part of several"
	}
	if count == 0xffff {
		locator, end64 := make([]byte, endLocator), make([]byte, endRecord64)
		if _, err := p.reads.ReadAt(locator, max(0, at-endLocator)); err == nil && bytes.HasPrefix(locator, []byte("PK\x06\x07")) {
			from := binary.LittleEndian.Uint64(locator[8:])
			if from > uint64(at) {
				return "its end is not where it says"
			}
			if _, err := p.reads.ReadAt(end64, int64(from)); err != nil || !bytes.HasPrefix(end64, []byte("PK\x06\x06")) {
				return "its end is not where it says"
			}
			count = binary.LittleEndian.Uint64(end64[32:])
		}
	}
	if count != uint64(len(p.File)) {
		return "another number of entries than it says"
	}
	return ""
}

// localFault compares an entry's own header with what the directory says.
func localFault(header []byte, name string, flags, method uint16, crc uint32, compressed, size uint64) string {
	short := func(at int) uint16 { return binary.LittleEndian.Uint16(header[at:]) }
	long := func(at int) uint32 { return binary.LittleEndian.Uint32(header[at:]) }
	n := int(short(26))
	if len(header) != localHeader+n+int(short(28)) {
		return "a header that is not where it should be"
	}
	own := string(header[localHeader : localHeader+n])
	switch {
	case own != name:
		return "another name, " + quoteName(own) + ", in its own header"
	case short(8) != method:
		return "another method of compression in its own header"
	case (short(6)^flags)&flagEncrypted != 0:
		return "it is encrypted by one of its headers"
	case short(6)&flagSizesBehind != 0:
		return "" // the sizes stand behind the data
	}
	ownSize, ownCompressed := uint64(long(22)), uint64(long(18))
	if sizes, ok := extraField(header[localHeader+n:], extraSizes64); ok {
		for _, v := range []*uint64{&ownSize, &ownCompressed} {
			if *v == 0xffffffff && len(sizes) >= 8 {
				*v, sizes = binary.LittleEndian.Uint64(sizes), sizes[8:]
			}
		}
	}
	if long(14) != crc || ownSize != size || ownCompressed != compressed {
		return "another size or checksum in its own header"
	}
	return ""
}

// extraField finds a field among the extra ones of a header.
func extraField(extra []byte, id uint16) ([]byte, bool) {
	for len(extra) >= 4 {
		n := int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			break
		}
		if binary.LittleEndian.Uint16(extra) == id {
			return extra[4 : 4+n], true
		}
		extra = extra[4+n:]
	}
	return nil, false
}
