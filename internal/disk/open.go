package disk

import (
	"errors"
	"io/fs"
	"os"
)

// ErrNotRegular says that a path is a folder, a pipe, a socket or a device, or a link to one.
var ErrNotRegular = errors.New("not a regular file")

// Regular returns an [fs.PathError] with [ErrNotRegular] if path is something other than a regular file. It opens
// nothing, so no pipe or device notices. A path that does not exist is no error.
func Regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return notRegular(path)
	}
	return nil
}

func notRegular(path string) error { return &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular} }

// Open opens a regular file for reading. Anything else is an [fs.PathError] with [ErrNotRegular]; Open does not wait
// for the other end of a pipe.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is [os.OpenFile] for regular files, as [Open] is.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	if err := Regular(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|noWait, mode)
	return checkOpened(f, err)
}

// OpenIn is [OpenFile] for a file in a folder: no link leads out of it.
func OpenIn(root *os.Root, name string, flag int, mode fs.FileMode) (*os.File, error) {
	switch info, err := root.Stat(name); {
	case errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0:
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, notRegular(name)
	}
	f, err := root.OpenFile(name, flag|noWait, mode)
	return checkOpened(f, err)
}

// checkOpened looks again: the path may have changed since it was looked at.
func checkOpened(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(f.Name())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
