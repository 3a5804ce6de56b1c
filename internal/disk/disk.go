// Package disk changes files for the packages of this module: whole or not at
// all, and on the disk when a call returns. Everything that they write goes
// through here, so that a test can end the process at any of the operations.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Point is called before and after every operation that changes something on
// the disk, with "before" or "after", the operation and its path. It is nil
// but in tests, which set it before anything else runs.
var Point func(when, operation, path string)

// At is Point for an operation that this package does not have.
func At(when, operation, path string) {
	if Point != nil {
		Point(when, operation, path)
	}
}

// Do is an operation that this package does not have, between its two points.
func Do(operation, path string, f func() error) error {
	At("before", operation, path)
	err := f()
	At("after", operation, path)
	return err
}

// Writer writes to a file that somebody else opened.
type Writer struct{ File *os.File }

func (w Writer) Write(b []byte) (n int, err error) {
	err = Do("write", w.File.Name(), func() (err error) {
		n, err = w.File.Write(b)
		return err
	})
	return n, err
}

// tempMark stands in the names of temporary files, see Sweep.
const tempMark = ".tmp"

// Write replaces a file: a temporary file beside it is written, given its
// mode, handed to finish (unless nil; for its owner), synced and renamed. The
// file is durable when Write returns; when it fails the old one is untouched. What
// is not a regular file is not replaced: that is [ErrNotRegular]. A link is
// replaced, not followed.
func Write(path string, content []byte, mode fs.FileMode, finish func(*os.File) error) error {
	return (*Tree)(nil).Write(path, content, mode, finish)
}

// Write is the function [Write].
func (t *Tree) Write(path string, content []byte, mode fs.FileMode, finish func(*os.File) error) (err error) {
	dir := filepath.Dir(path)
	if info, err := t.Lstat(path); err == nil && info.Mode()&^fs.ModeSymlink&fs.ModeType != 0 {
		return notRegular(path)
	}
	f, temp, err := t.createTemp(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = t.Remove(temp)
		}
	}()
	// In two parts, so that a test can end the process between them.
	half := len(content) / 2
	if err := errors.Join(write(f, content[:half]), write(f, content[half:])); err != nil {
		return err
	}
	if err := Do("chmod", path, func() error { return f.Chmod(mode) }); err != nil {
		return err
	}
	if finish != nil {
		if err := finish(f); err != nil {
			return err
		}
	}
	if err := errors.Join(Do("sync", path, f.Sync), f.Close()); err != nil {
		return err
	}
	if err := t.Rename(temp, path); err != nil {
		return err
	}
	return t.Sync(dir)
}

// createTemp creates the temporary file of a Write, which its owner alone can read.
func (t *Tree) createTemp(path string) (f *os.File, temp string, err error) {
	dir, base := filepath.Split(path)
	for range 100 {
		temp = filepath.Join(dir, fmt.Sprintf(".%s%s%d", base, tempMark, rand.Uint32()))
		err = Do("create", path, func() (err error) {
			f, err = t.openFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
			return err
		})
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return f, temp, err
}

func write(f *os.File, b []byte) error {
	_, err := Writer{f}.Write(b)
	return err
}

// Sweep removes the temporary files of a Write that was killed: of path or,
// where that is a link, of the file that it leads to. It is for a caller who
// knows that no other Write of either is under way.
func Sweep(path string) error { return (*Tree)(nil).Sweep(path) }

// Sweep is the function [Sweep].
func (t *Tree) Sweep(path string) error {
	err := t.sweep(path)
	if real, linkErr := t.Real(path); linkErr == nil && real != path {
		err = errors.Join(err, t.sweep(real))
	}
	return err
}

func (t *Tree) sweep(path string) error {
	dir, base := filepath.Dir(path), filepath.Base(path)
	d, err := t.openDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := d.ReadDir(-1)
	d.Close()
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), "."+base+tempMark)
		if !ours || rest == "" || strings.Trim(rest, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		if e := t.Remove(filepath.Join(dir, e.Name())); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Rename renames; what has the new name is replaced at once, where it is a
// file. The folders are not synced.
func Rename(from, to string) error { return (*Tree)(nil).Rename(from, to) }

// Remove removes a file or an empty folder.
func Remove(path string) error { return (*Tree)(nil).Remove(path) }

// RemoveAll removes a folder and everything in it.
func RemoveAll(path string) error {
	return Do("remove all", path, func() error { return os.RemoveAll(path) })
}

// Chmod changes a mode.
func Chmod(path string, mode fs.FileMode) error {
	return Do("chmod", path, func() error { return os.Chmod(path, mode) })
}

// Chtimes sets the date of the last change.
func Chtimes(path string, modified time.Time) error { return (*Tree)(nil).Chtimes(path, modified) }

// Mkdir makes a folder.
func Mkdir(path string, mode fs.FileMode) error {
	return Do("mkdir", path, func() error { return os.Mkdir(path, mode) })
}

// MkdirAll makes a folder with those above it.
func MkdirAll(path string, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	return Do("mkdir all", path, func() error { return os.MkdirAll(path, mode) })
}

// Sync makes what was renamed, made or removed in a folder durable. Windows
// has no such call for folders, and needs none.
func Sync(dir string) error { return (*Tree)(nil).Sync(dir) }

// Sync is the function [Sync].
func (t *Tree) Sync(dir string) error {
	d, err := t.openDir(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = Do("sync", dir, d.Sync)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && os.PathSeparator == '/' {
		return err
	}
	return nil
}
