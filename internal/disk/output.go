package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Output is a file that a person asked for by its name: a report, a list. A name can be mistyped, so it replaces only
// what this program wrote.
type Output struct {
	Path string
	Mode fs.FileMode
	// Marks are texts of which one stands at the beginning of every such file, within its first MarkWithin bytes.
	Marks []string
	// Keep are folders and files of others, which are only read. The file does not lie in one.
	Keep []string
}

// MarkWithin is where a mark of an [Output] stands, in bytes.
const MarkWithin = 2 << 10

// previous is what is added to the name of a file that was replaced.
const previous = ".previous"

// OutputError says why a file is not written. Nothing was changed.
type OutputError struct{ Path, Reason string }

func (e *OutputError) Error() string { return fmt.Sprintf("%s is not written: %s", e.Path, e.Reason) }

// Remedy says what to do about it.
func (e *OutputError) Remedy() string {
	return "name a new file, or one of an earlier run; move the other away if nobody needs it there"
}

// Check says why the file would not be written, as an [OutputError]. Call it before the work whose result it is.
func (o Output) Check() error {
	if err := CheckPlace(o.Path, o.Keep); err != nil {
		return err
	}
	for _, path := range []string{o.Path, o.Path + previous} {
		if err := o.replaceable(path); err != nil {
			return err
		}
	}
	return nil
}

// CheckPlace says, as an [OutputError], that a file or folder would lie in one of those that are only read.
func CheckPlace(path string, keep []string) error {
	for _, k := range keep {
		if k != "" && Contains(k, path) {
			return &OutputError{path, "it lies in " + k + ", which is only read"}
		}
	}
	return nil
}

// replaceable says why a file is not replaced. A file without content has nothing to lose.
func (o Output) replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &OutputError{o.Path, err.Error()}
	case info.Mode()&fs.ModeSymlink != 0:
		return &OutputError{path, "it is a link"}
	case !info.Mode().IsRegular():
		return &OutputError{path, ErrNotRegular.Error()}
	case info.Size() == 0:
		return nil
	}
	f, err := Open(path)
	if err != nil {
		return &OutputError{path, err.Error()}
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, MarkWithin))
	if err != nil {
		return &OutputError{path, err.Error()}
	}
	for _, mark := range o.Marks {
		if mark != "" && bytes.Contains(head, []byte(mark)) {
			return nil
		}
	}
	return &OutputError{path, "a file with other content is there"}
}

// Write writes the file, completely or not at all, after [Output.Check]. What an earlier run wrote is kept beside it,
// with ".previous" added to its name, unless it is the same.
func (o Output) Write(content []byte) error {
	if err := o.Check(); err != nil {
		return err
	}
	if err := o.keepPrevious(content); err != nil {
		return err
	}
	return Write(o.Path, content, o.Mode, nil)
}

func (o Output) keepPrevious(content []byte) error {
	info, err := os.Lstat(o.Path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := Read(o.Path, info.Size())
	if err != nil || bytes.Equal(old, content) {
		return err
	}
	return errors.Join(Sweep(o.Path), Sweep(o.Path+previous),
		Write(filepath.Clean(o.Path)+previous, old, info.Mode().Perm(), nil))
}
