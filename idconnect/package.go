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
)

// PackageError says what is wrong with a package, and with which entry.
type PackageError struct {
	Path, Entry, Reason string
	Err                 error
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
	if errors.Is(e.Err, fs.ErrNotExist) {
		return "give the path of the downloaded package of 7.1.6"
	}
	return "download the package of 7.1.6 again, from the vendor"
}

// packageInfo is what a package that was looked through holds.
type packageInfo struct {
	Bytes, Files int64
	// root is the folder in the archive that becomes the installation, with
	// its trailing slash.
	root string
}

// inspectPackage looks at every entry of a package. Nothing is written.
func inspectPackage(ctx context.Context, name string) (packageInfo, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return packageInfo{}, &PackageError{Path: name, Reason: "it cannot be read as a zip file", Err: err}
	}
	defer z.Close()
	return checkPackage(ctx, name, &z.Reader)
}

func checkPackage(ctx context.Context, name string, z *zip.Reader) (info packageInfo, err error) {
	if len(z.File) > maxPackageFiles {
		return info, &PackageError{Path: name, Reason: fmt.Sprintf("more than %d entries", maxPackageFiles)}
	}
	seen := map[string]bool{}
	files := map[string]bool{}
	for _, f := range z.File {
		if err := ctx.Err(); err != nil {
			return info, err
		}
		refuse := func(reason string) error { return &PackageError{Path: name, Entry: f.Name, Reason: reason} }
		clean := strings.TrimSuffix(f.Name, "/")
		folder := clean != f.Name
		switch {
		case clean == "" || len(f.Name) > maxPackageName:
			return info, refuse("a name that is empty or too long")
		case strings.ContainsAny(clean, "\\:\x00") || strings.HasPrefix(clean, "/"):
			return info, refuse("an absolute name, a drive, or a backslash")
		case !fs.ValidPath(clean) || !filepath.IsLocal(filepath.FromSlash(clean)):
			return info, refuse("a name that leads out of the folder")
		case f.Mode()&fs.ModeType != 0 && f.Mode()&fs.ModeType != fs.ModeDir:
			return info, refuse("a link or device")
		case f.Mode().IsDir() != folder:
			return info, refuse("a folder by its mode or its name, but not by both")
		case f.Flags&1 != 0:
			return info, refuse("it is encrypted")
		case f.UncompressedSize64 > maxPackageBytes || f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > maxPackageRatio && f.UncompressedSize64 > 16<<20:
			return info, refuse("it would grow beyond measure")
		}
		key := strings.ToLower(clean)
		if seen[key] {
			return info, refuse("two entries of this name, or of names that differ in case only")
		}
		seen[key] = true
		if folder {
			continue
		}
		files[clean] = true
		info.Files++
		info.Bytes += int64(f.UncompressedSize64)
		if info.Bytes > maxPackageBytes {
			return info, refuse(fmt.Sprintf("more than %d bytes in all", int64(maxPackageBytes)))
		}
	}
	for f := range files {
		for dir := path.Dir(f); dir != "."; dir = path.Dir(dir) {
			if files[dir] {
				return info, &PackageError{Path: name, Entry: dir, Reason: "a file and a folder of this name"}
			}
		}
		if base := path.Base(f); (base == "setup.sh" || base == "setup.bat") && strings.Count(f, "/") <= 1 {
			info.root = strings.TrimSuffix(f, base)
		}
	}
	if info.root == "" && !files["setup.sh"] && !files["setup.bat"] {
		return info, &PackageError{Path: name, Reason: "no setup.sh or setup.bat in its folder: not the package of 7.1.6"}
	}
	return info, nil
}

// unpackPackage puts the package's folder at dir, which must be empty or not
// there: it is unpacked beside, and renamed when whole. progress counts bytes;
// each of whole is called before the rename, with the folder beside.
func unpackPackage(ctx context.Context, name, dir string, progress func(done, total int64), whole ...func(temp string) error) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return &PackageError{Path: name, Reason: "it cannot be read as a zip file", Err: err}
	}
	defer z.Close()
	info, err := checkPackage(ctx, name, &z.Reader)
	if err != nil {
		return err
	}
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
	defer os.RemoveAll(temp)
	if err := disk.Mkdir(temp, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(temp)
	if err != nil {
		return err
	}
	defer root.Close()
	var done int64
	for _, f := range z.File {
		rel, ok := strings.CutPrefix(f.Name, info.root)
		if !ok || rel == "" {
			continue
		}
		n, err := unpackEntry(ctx, root, rel, f)
		if err != nil {
			return &PackageError{Path: name, Entry: f.Name, Reason: "it cannot be unpacked", Err: err}
		}
		done += n
		progress(done, info.Bytes)
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

func unpackEntry(ctx context.Context, root *os.Root, rel string, f *zip.File) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if folder, ok := strings.CutSuffix(rel, "/"); ok {
		return 0, root.MkdirAll(filepath.FromSlash(folder), 0o755)
	}
	file := filepath.FromSlash(rel)
	if err := root.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return 0, err
	}
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	mode := f.Mode().Perm() | 0o600
	disk.At("before", "create", file)
	w, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	disk.At("after", "create", file)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	size := int64(f.UncompressedSize64)
	n, err := io.Copy(w, io.LimitReader(&contextReader{ctx, r}, size+1))
	switch {
	case err != nil:
		return n, err
	case n != size:
		return n, fmt.Errorf("%d bytes, where %d were announced", n, size)
	}
	disk.At("before", "sync", file)
	defer disk.At("after", "sync", file)
	return n, errors.Join(w.Chmod(mode), w.Sync(), w.Close())
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
