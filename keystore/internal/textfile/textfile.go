// Package textfile reads a file of one line as editors and shells write it, Windows PowerShell among them. Begin with
// [Read] and [Line].
package textfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// limit bounds what [Read] reads, in bytes.
const limit = 64 << 10

// File is what was read.
type File struct {
	Content []byte
	OpenTo  Exposure
	path    string
}

// Exposure says which users may read a file beyond its owner, its group and the administrators. It is zero if there are
// none, and where that cannot be known, as of a pipe.
type Exposure struct{ Path, Readers string }

// Read reads a file of at most 64 KiB that was opened, and closes it.
func Read(f *os.File, err error) (File, error) {
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	file := File{path: f.Name()}
	file.Content, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(file.Content) > limit {
		err = fmt.Errorf("%s: larger than %d bytes, which no password is", file.path, limit)
	}
	if readers, e := disk.Readers(file.path); e == nil && readers != "" {
		file.OpenTo = Exposure{file.path, readers}
	}
	return file, err
}

// Line is [Line] of the content.
func (f File) Line() (string, error) {
	line, err := Line(f.Content)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return line, err
}

// Line returns the text of a file that has one line, without a byte order mark and without the line breaks at its end.
// UTF-16 is read by its mark, all else is taken as it is. No error holds a part of the text.
func Line(content []byte) (string, error) {
	text := ""
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(content, []byte("\x00\x00\xfe\xff")):
		return "", errors.New("it is UTF-32: write it as UTF-8")
	case bytes.HasPrefix(content, []byte("\xff\xfe")):
		return wide(content[2:], binary.LittleEndian)
	case bytes.HasPrefix(content, []byte("\xfe\xff")):
		return wide(content[2:], binary.BigEndian)
	default:
		text = string(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	}
	if strings.ContainsRune(text, 0) {
		return "", errors.New("it has bytes of value 0: UTF-16 without a byte order mark? write it as UTF-8")
	}
	return first(text)
}

func wide(b []byte, order binary.ByteOrder) (string, error) {
	if len(b)%2 != 0 {
		return "", errors.New("it is UTF-16 that is cut off: write it as UTF-8")
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) > 0; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return first(string(utf16.Decode(units)))
}

// first refuses a second line, and takes empty ones for what an editor or two echoes left.
func first(text string) (string, error) {
	line, rest, more := strings.Cut(text, "\n")
	if strings.Trim(rest, "\r\n") != "" {
		return "", errors.New("it has more than one line")
	}
	if more {
		line = strings.TrimSuffix(line, "\r")
	}
	return line, nil
}
