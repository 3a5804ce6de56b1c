package idconnect

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Limits of a package. The real one is said to be some hundred megabytes
// (assumed).
const (
	maxPackageFiles = 200_000
	maxPackageBytes = 8 << 30
	maxPackageRatio = 200
	maxPackageName  = 1024
	// freePackageBytes may come of however few: a ratio says nothing of them.
	freePackageBytes = 16 << 20
	// maxPackageDirectory bounds the list of entries at the end, in bytes.
	maxPackageDirectory = 32 << 20
)

// PackageError says what is wrong with a package, and with which entry.
type PackageError struct {
	Path, Entry, Reason string
	// Code is that of the finding: "PACKAGE-MISSING", "PACKAGE-CORRUPT",
	// "PACKAGE-HOSTILE" or "PACKAGE-UNUSABLE".
	Code string
	Err  error
}

func (e *PackageError) Error() string {
	s := "package " + e.Path
	if e.Entry != "" {
		s += fmt.Sprintf(", entry %q", e.Entry)
	}
	s += ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *PackageError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *PackageError) Remedy() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "give the path of the downloaded package of 7.1.6"
	case errors.Is(e.Err, fs.ErrPermission):
		return "run this as a user who may read it"
	}
	return "download the package of 7.1.6 again, from the vendor"
}

// unpackPackage puts the package's folder at dir, which must be empty or not
// there: it is unpacked beside, and renamed when whole. progress counts bytes;
// each of whole is called before the rename, with the folder beside.
func unpackPackage(ctx context.Context, name, dir string, progress func(done, total int64), whole ...func(temp string) error) (err error) {
	p, err := openPackage(ctx, name)
	if err != nil {
		return err
	}
	defer p.Close()
	dir = filepath.Clean(dir)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: nothing is unpacked over it", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := disk.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp := unpackingDir(dir)
	if err := disk.RemoveAll(temp); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, disk.RemoveAll(temp))
		}
	}()
	if err := disk.Mkdir(temp, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(temp)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := p.unpackInto(ctx, root, progress); err != nil {
		return err
	}
	root.Close()
	for _, f := range whole {
		if err := f(temp); err != nil {
			return err
		}
	}
	if err := disk.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := disk.Rename(temp, dir); err != nil {
		return err
	}
	return disk.Sync(filepath.Dir(dir))
}

// unpackingDir is the folder beside the target's in which a package is
// unpacked. One fixed name: what an interrupted run left is found and removed.
func unpackingDir(dir string) string { return filepath.Clean(dir) + ".unpacking" }

// unpackInto writes the files, and gives the folders their modes when nothing
// is written into them any more.
func (p *packageFile) unpackInto(ctx context.Context, root *os.Root, progress func(done, total int64)) error {
	var done int64
	for _, f := range p.File {
		rel, ok := strings.CutPrefix(f.Name, p.root)
		if !ok || rel == "" {
			continue
		}
		n, err := unpackEntry(ctx, root, rel, f)
		var onDisk *fs.PathError
		if errors.As(err, &onDisk) {
			return fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
		if err != nil {
			return &PackageError{Path: p.name, Entry: f.Name, Reason: "it cannot be unpacked", Code: codes.PackageCorrupt.Code, Err: err}
		}
		done += n
		progress(done, p.Bytes)
	}
	for _, f := range p.File {
		rel, ok := strings.CutPrefix(f.Name, p.root)
		folder, isFolder := strings.CutSuffix(rel, "/")
		if !ok || !isFolder {
			continue
		}
		err := disk.Do("chmod", folder, func() error { return root.Chmod(filepath.FromSlash(folder), entryMode(f)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// entryMode is the mode of an entry, which its owner may always change, and
// not everybody. Where a system without modes packed it, scripts may be run.
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
		return n, fmt.Errorf("%d bytes, where %d were announced", n, size)
	}
	return n, errors.Join(w.Chmod(mode), disk.Do("sync", file, w.Sync), w.Close())
}

// mkdirIn makes a folder with those above it, unless it is there.
func mkdirIn(root *os.Root, dir string) error {
	if info, err := root.Lstat(dir); err == nil && info.IsDir() {
		return nil
	}
	return disk.Do("mkdir all", dir, func() error { return root.MkdirAll(dir, 0o755) })
}

// contextReader ends when its context does.
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
