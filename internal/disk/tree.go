package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Tree is where files are read and changed: the files of one folder, which no path and no link leads out of. The nil
// Tree is the whole file system. Paths are those that a caller without a Tree would use.
type Tree struct {
	root *os.Root
	dir  string // absolute
}

// In is the tree of an open folder; nil is the whole file system.
func In(root *os.Root) *Tree {
	if root == nil {
		return nil
	}
	dir, err := filepath.Abs(root.Name())
	if err != nil {
		dir = root.Name()
	}
	return &Tree{root, dir}
}

// OutsideError says that a path does not lie in a folder as a file of its own.
type OutsideError struct {
	Path, Dir string
	// Why is "" for a path that names another place, else what leads there.
	Why string
}

func (e *OutsideError) Error() string {
	s := e.Path + " is outside " + e.Dir
	if e.Why != "" {
		s += ": " + e.Why
	}
	return s
}

// Below says, as an [OutsideError], that a path does not name something below the folder dir. It looks at names alone.
func Below(dir, path string) error {
	rel, err := relative(dir, path)
	if err == nil && rel == "." {
		err = &OutsideError{Path: path, Dir: dir}
	}
	return err
}

// relative is a path below a folder, "." for the folder itself. A folder whose name is a link has its real name, too.
func relative(dir, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for _, name := range []func(string) (string, error){filepath.Abs, filepath.EvalSymlinks} {
		at, err := name(dir)
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(at, abs); err == nil && filepath.IsLocal(rel) {
			return rel, nil
		}
	}
	return "", &OutsideError{Path: path, Dir: dir}
}

// below calls f with the path below the folder. Errors name the whole path.
func (t *Tree) below(path string, f func(rel string) error) error {
	rel, err := relative(t.dir, path)
	if err != nil {
		return err
	}
	err = f(rel)
	var at *fs.PathError
	if !errors.As(err, &at) {
		return err
	}
	at.Path = path
	if why := t.leadsOut(rel); why != "" {
		return &OutsideError{Path: path, Dir: t.dir, Why: why}
	}
	return err
}

// leadsOut names the link on the way to a file that leads out of the folder, "" if none does.
func (t *Tree) leadsOut(rel string) string {
	for at := rel; at != "."; at = filepath.Dir(at) {
		info, err := t.root.Lstat(at)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		to, err := t.root.Readlink(at)
		if _, statErr := t.root.Stat(at); err == nil && statErr != nil && !errors.Is(statErr, fs.ErrNotExist) {
			return fmt.Sprintf("%s is a link to %s", filepath.Join(t.dir, at), to)
		}
	}
	return ""
}

// at calls a function of package os, or within a tree its method of an os.Root.
func at[T any](t *Tree, path string, whole func(string) (T, error), within func(*os.Root, string) (T, error)) (
	out T, err error,
) {
	if t == nil {
		return whole(path)
	}
	err = t.below(path, func(rel string) (err error) {
		out, err = within(t.root, rel)
		return err
	})
	return out, err
}

// Lstat is [os.Lstat].
func (t *Tree) Lstat(path string) (fs.FileInfo, error) {
	return at(t, path, os.Lstat, (*os.Root).Lstat)
}

// Stat is [os.Stat].
func (t *Tree) Stat(path string) (fs.FileInfo, error) { return at(t, path, os.Stat, (*os.Root).Stat) }

// Real is the file that a path leads to. A link out of the folder of the tree is an [OutsideError].
func (t *Tree) Real(path string) (string, error) {
	if t == nil {
		return filepath.EvalSymlinks(path)
	}
	for range maxLinks {
		info, err := t.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, err
		}
		to, err := at(t, path, os.Readlink, (*os.Root).Readlink)
		if err != nil {
			return path, err
		}
		next := to
		if !filepath.IsAbs(to) {
			next = filepath.Join(filepath.Dir(path), to)
		}
		if Below(t.dir, next) != nil {
			return path, &OutsideError{Path: path, Dir: t.dir, Why: "it is a link to " + to}
		}
		path = next
	}
	return path, &fs.PathError{Op: "open", Path: path, Err: errors.New("too many links")}
}

// Open is the function [Open].
func (t *Tree) Open(path string) (f *os.File, err error) {
	if t == nil {
		return Open(path)
	}
	if path, err = t.Real(path); err != nil {
		return nil, err
	}
	return t.openFile(path, os.O_RDONLY, 0)
}

func (t *Tree) openFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return at(t, path, func(path string) (*os.File, error) { return OpenFile(path, flag, mode) },
		func(root *os.Root, rel string) (*os.File, error) { return OpenIn(root, rel, flag, mode) })
}

// Rename is the function [Rename].
func (t *Tree) Rename(from, to string) error {
	return t.pair("rename", from, to, os.Rename, (*os.Root).Rename)
}

// Link makes a second name for a file.
func (t *Tree) Link(file, name string) error {
	return t.pair("link", file, name, os.Link, (*os.Root).Link)
}

// pair is at of two paths, for an operation that changes the second.
func (t *Tree) pair(
	operation, a, b string, whole func(a, b string) error, within func(root *os.Root, a, b string) error,
) error {
	return Do(operation, b, func() error {
		if t == nil {
			return whole(a, b)
		}
		return t.below(a, func(a string) error {
			return t.below(b, func(b string) error { return within(t.root, a, b) })
		})
	})
}

// Remove is the function [Remove].
func (t *Tree) Remove(path string) error {
	return Do("remove", path, func() error {
		if t == nil {
			return os.Remove(path)
		}
		return t.below(path, t.root.Remove)
	})
}

// Chtimes is the function [Chtimes].
func (t *Tree) Chtimes(path string, modified time.Time) error {
	return Do("chtimes", path, func() error {
		if t == nil {
			return os.Chtimes(path, time.Time{}, modified)
		}
		return t.below(path, func(rel string) error { return t.root.Chtimes(rel, time.Time{}, modified) })
	})
}

// openDir opens a folder, the one of the tree, too.
func (t *Tree) openDir(path string) (*os.File, error) { return at(t, path, os.Open, (*os.Root).Open) }

// IsDir says why a path is not a folder.
func (t *Tree) IsDir(path string) error {
	info, err := t.Stat(path)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("not a folder")}
	}
	return err
}

// Create creates an empty file. One that exists is an [fs.ErrExist].
func (t *Tree) Create(path string, mode fs.FileMode) error {
	return Do("create", path, func() error {
		f, err := t.openFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		return f.Close()
	})
}
