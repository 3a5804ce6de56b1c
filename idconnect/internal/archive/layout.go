package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// Bits of the flags, and lengths of the fixed parts of headers, by PKWARE's APPNOTE.
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

// watchedFile remembers where the last read was, and fails once left bytes were read; negative left: no limit.
type watchedFile struct {
	*os.File
	left int64
	at   int64
}

var errTooMuch = errors.New("the directory is too large")

func (w *watchedFile) ReadAt(b []byte, at int64) (int, error) {
	w.at = at
	if w.left >= 0 {
		if w.left -= int64(len(b)); w.left < 0 {
			return 0, errTooMuch
		}
	}
	return w.File.ReadAt(b, at)
}

// checkLayout refuses an archive that another program may read differently: by the headers before the entries instead
// of the directory at the end, or with another directory. It refuses entries that share bytes, too: a bomb that no
// ratio shows.
func (p *Package) checkLayout(ctx context.Context, size int64) error {
	end, fault := p.endFault(size)
	if fault != "" {
		return p.refuse("", "%s", fault)
	}
	type part struct {
		from, to int64
		name     string
	}
	parts := make([]part, 0, len(p.zip.File))
	for _, f := range p.zip.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Only reading an entry's own header tells where it is.
		data, err := f.DataOffset()
		if err != nil {
			return p.corrupt(f.Name, "its header cannot be read", err)
		}
		from := p.file.at
		if data < from+localHeader || data > from+localHeader+2*0xffff {
			return p.refuse(f.Name, "its header is not where the directory says")
		}
		header := make([]byte, data-from)
		if _, err := p.file.ReadAt(header, from); err != nil {
			return p.corrupt(f.Name, "its header cannot be read", err)
		}
		if fault := localFault(header, f); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		if name, ok := extraField(f.Extra, extraUTF8); ok && len(name) > 5 && withoutDot(string(name[5:])) != f.Name {
			return p.refuse(f.Name, "a second name, %q, in an extra field", name[5:])
		}
		parts = append(parts, part{from, data + int64(f.CompressedSize64), f.Name})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	for i, part := range parts {
		switch {
		case i == 0 && part.from > 0:
			return p.refuse("", "%d bytes before the first entry", part.from)
		case i > 0 && part.from < parts[i-1].to:
			return p.refuse(part.name, "shares bytes with the entry %q", parts[i-1].name)
		case part.to > end:
			return p.corrupt(part.name, "its data goes beyond the end of the file", nil)
		}
	}
	return nil
}

// maxBehind is how much may stand behind the archive: a line break, or what fills a block. No program reads it.
const maxBehind = 1024

// endFault checks the end-of-central-directory record, and says where it is.
func (p *Package) endFault(size int64) (at int64, fault string) {
	tail := make([]byte, min(size, endRecord+int64(len(p.zip.Comment))+maxBehind))
	if _, err := p.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, "no end-of-central-directory record"
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 {
		return 0, fmt.Sprintf("more than %d bytes after the end-of-central-directory record", maxBehind)
	}
	if len(tail)-i < endRecord+len(p.zip.Comment) {
		return 0, "a second end-of-central-directory record"
	}
	end := tail[i : i+endRecord]
	at = size - int64(len(tail)-i)
	if int(binary.LittleEndian.Uint16(end[20:])) != len(p.zip.Comment) {
		return 0, "a second end-of-central-directory record"
	}
	if bytes.Contains([]byte(p.zip.Comment), []byte("PK\x05\x06")) {
		return 0, "a second end-of-central-directory record in the comment"
	}
	if bytes.Contains(tail[i+endRecord+len(p.zip.Comment):], []byte("PK")) {
		return 0, "a part of an archive after the end-of-central-directory record"
	}
	return at, p.countFault(end, at)
}

// countFault compares the record, and that of zip64, with the entries that were read.
func (p *Package) countFault(end []byte, at int64) string {
	count := uint64(binary.LittleEndian.Uint16(end[10:]))
	if disk := binary.LittleEndian.Uint32(end[4:]); disk != 0 && disk != 0xffffffff {
		return "part of a multi-part archive"
	}
	if count == 0xffff {
		locator, end64 := make([]byte, endLocator), make([]byte, endRecord64)
		_, err := p.file.ReadAt(locator, max(0, at-endLocator))
		if err == nil && bytes.HasPrefix(locator, []byte("PK\x06\x07")) {
			from := binary.LittleEndian.Uint64(locator[8:])
			if from > uint64(at) {
				return "the zip64 end-of-central-directory record is not where the locator says"
			}
			if _, err := p.file.ReadAt(end64, int64(from)); err != nil ||
				!bytes.HasPrefix(end64, []byte("PK\x06\x06")) {
				return "the zip64 end-of-central-directory record is not where the locator says"
			}
			count = binary.LittleEndian.Uint64(end64[32:])
		}
	}
	if count != uint64(len(p.zip.File)) {
		return "the number of entries is not the one that it states"
	}
	return ""
}

// localFault compares an entry's own header with what the directory says.
func localFault(header []byte, f *zip.File) string {
	short := func(at int) uint16 { return binary.LittleEndian.Uint16(header[at:]) }
	long := func(at int) uint32 { return binary.LittleEndian.Uint32(header[at:]) }
	n := int(short(26))
	if len(header) != localHeader+n+int(short(28)) {
		return "its header is not where the directory says"
	}
	own := string(header[localHeader : localHeader+n])
	switch {
	case withoutDot(own) != f.Name:
		return "another name, " + strconv.QuoteToASCII(own) + ", in its own header"
	case short(8) != f.Method:
		return "another compression method in its own header"
	case (short(6)^f.Flags)&flagEncrypted != 0:
		return "encrypted by one of its two headers"
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
	if long(14) != f.CRC32 || ownSize != f.UncompressedSize64 || ownCompressed != f.CompressedSize64 {
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
