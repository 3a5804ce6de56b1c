// Package textfile reads files with a secret and says who else may read them: one line as editors and shells write
// it, Windows PowerShell among them, or the whole. What the text is, and that it is shown to nobody, is for its
// callers. Begin with [ReadLine].
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

// limit is how large a file may be, in bytes.
const limit = 64 << 10

// ReadLine returns the [Line] of a file or a pipe, and who may read that beyond its owner, its group and the
// administrators, as [disk.Readers] does. Where that cannot be known, as of a pipe, it is nobody.
func ReadLine(path string) (line, readers string, err error) {
	content, err := read(os.Open(path))
	if err != nil {
		return "", "", err
	}
	if line, err = Line(content); err != nil {
		return "", "", fmt.Errorf("%s: %w", path, err)
	}
	return line, readersOf(path), nil
}

// ReadWhole is [ReadLine] for all that a regular file holds, as it is.
func ReadWhole(path string) (content, readers string, err error) {
	b, err := read(disk.Open(path))
	if err != nil {
		return "", "", err
	}
	return string(b), readersOf(path), nil
}

func read(f *os.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(b) > limit {
		err = fmt.Errorf("%s: larger than %d bytes, which no password is", f.Name(), limit)
	}
	return b, err
}

func readersOf(path string) string {
	readers, err := disk.Readers(path)
	if err != nil {
		return ""
	}
	return readers
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
