package disk

import (
	"fmt"
	"io"
)

// Read reads a regular file of at most limit bytes; with a larger one it fails, and
// returns no more than one byte above the limit.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return content, err
}
