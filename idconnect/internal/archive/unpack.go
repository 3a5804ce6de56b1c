package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Unpack opens the package name and unpacks its installation to dir, which must be empty or absent. It unpacks into
// temp, a [TempDir] that does not exist, and moves that into place when it is complete: as a whole, or into a folder
// that is there, which stays what it was, a link or a mount point, too. progress receives bytes; each of whole is
// called before the move, with the temporary folder.
func Unpack(
	ctx context.Context, name, dir, temp string, progress func(done, total int64), whole ...func(temp string) error,
) (err error) {
	p, err := Open(ctx, name)
	if err != nil {
		return err
	}
	defer p.Close()
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(dir)
	there := err == nil
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: nothing is unpacked over it", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := disk.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := disk.Mkdir(temp, 0o755); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, disk.RemoveAll(temp))
		}
	}()
	if err := p.unpackTo(ctx, temp, progress); err != nil {
		return err
	}
	for _, f := range whole {
		if err := f(temp); err != nil {
			return err
		}
	}
	if there {
		return MoveInto(temp, dir)
	}
	if err := disk.Rename(temp, dir); err != nil {
		return err
	}
	return disk.Sync(filepath.Dir(dir))
}

// MoveInto moves what is in the folder from into dir, on the same disk, and removes from. What an installation is known
// by comes last. Called again, it goes on where it was killed.
func MoveInto(from, dir string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Compare(rank(a.Name()), rank(b.Name()))
	})
	for _, e := range entries {
		if err := disk.Rename(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return errors.Join(disk.Remove(from), disk.Sync(dir))
}

// rank sorts the folder that an installation is known by last.
func rank(name string) int {
	if name == "security" {
		return 1
	}
	return 0
}

// unpackTo writes the files below an empty folder, and sets the modes of folders last.
func (p *Package) unpackTo(ctx context.Context, dir string, progress func(done, total int64)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var done int64
	for rel, f := range p.below() {
		n, err := unpackEntry(ctx, root, rel, f)
		var onDisk *fs.PathError
		if errors.As(err, &onDisk) {
			return fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
		if err != nil {
			return p.corrupt(f.Name, "cannot be unpacked", err)
		}
		done += n
		progress(done, p.Bytes)
	}
	for rel, f := range p.below() {
		folder, isFolder := strings.CutSuffix(rel, "/")
		if !isFolder {
			continue
		}
		chmod := func() error { return root.Chmod(filepath.FromSlash(folder), entryMode(f)) }
		if err := disk.Do("chmod", folder, chmod); err != nil {
			return err
		}
	}
	return nil
}

// entryMode is the mode with which an entry is unpacked: its owner may write it, others may not. In an archive that
// has no modes of Unix, scripts are executable.
func entryMode(f *zip.File) fs.FileMode {
	const unix, macOS = 3, 19
	mode := fs.FileMode(0o644)
	if creator := f.CreatorVersion >> 8; (creator == unix || creator == macOS) && f.ExternalAttrs>>16 != 0 {
		mode = f.Mode().Perm()&^0o002 | 0o600
	} else if path.Ext(f.Name) == ".sh" {
		mode = 0o755
	}
	if f.Mode().IsDir() {
		mode |= mode&0o444>>2 | 0o100
	}
	return mode
}

func unpackEntry(ctx context.Context, root *os.Root, rel string, f *zip.File) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if folder, ok := strings.CutSuffix(rel, "/"); ok {
		return 0, mkdirIn(root, filepath.FromSlash(folder))
	}
	file := filepath.FromSlash(rel)
	if err := mkdirIn(root, filepath.Dir(file)); err != nil {
		return 0, err
	}
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	mode := entryMode(f)
	var w *os.File
	err = disk.Do("create", file, func() (err error) {
		w, err = root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		return err
	})
	if err != nil {
		return 0, err
	}
	defer w.Close()
	size := int64(f.UncompressedSize64)
	n, err := io.Copy(disk.Writer{File: w}, io.LimitReader(&contextReader{ctx, r}, size+1))
	switch {
	case err != nil:
		return n, err
	case n != size:
		return n, fmt.Errorf("it has %d bytes, the directory says %d", n, size)
	}
	return n, errors.Join(w.Chmod(mode), disk.Do("sync", file, w.Sync), w.Close())
}

// mkdirIn makes a folder and its parents unless they exist.
func mkdirIn(root *os.Root, dir string) error {
	if info, err := root.Lstat(dir); err == nil && info.IsDir() {
		return nil
	}
	return disk.Do("mkdir all", dir, func() error { return root.MkdirAll(dir, 0o755) })
}

// contextReader fails once its context has ended.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// The kinds of folders that come and go with an installation.
const (
	Unpacking = ".unpacking" // a package is unpacked there first
	Removing  = ".removing"  // what is removed goes there first
)

// TempDir is a new folder of a kind: in dir, or beside it. Its name is random, so that nobody else has such a folder,
// and what has the name is ours. Whoever makes the folder writes its name down before, so that a later run finds what
// an interrupted one left.
func TempDir(dir, kind string, inside bool) string {
	name := fmt.Sprintf("%s-%08x", kind, rand.Uint32())
	if inside {
		return filepath.Join(dir, name)
	}
	return filepath.Clean(dir) + name
}

// Claimed is the folder of a kind with the base name that was written down, and false if TempDir makes no such name.
func Claimed(dir, kind, name string) (path string, ok bool) {
	dir = filepath.Clean(dir)
	at := dir
	number, ok := strings.CutPrefix(name, kind+"-")
	if !ok {
		at = filepath.Dir(dir)
		number, ok = strings.CutPrefix(name, filepath.Base(dir)+kind+"-")
	}
	if !ok || len(number) != 8 || strings.Trim(number, "0123456789abcdef") != "" {
		return "", false
	}
	return filepath.Join(at, name), true
}
