// Package archive reads, checks and unpacks the vendor's package, a zip file from outside that nothing vouches for. It
// refuses, before it writes anything, what leads out of its folder, would exhaust the disk, or is read in two ways by
// two programs. It does not know what a package is for: which version it holds, and how a finding is called, is for
// whoever asks. Begin with [Open] and [Unpack]; their errors are [*Error], with a [Kind] to branch on.
package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Limits of a package. The real one is said to have some hundred megabytes (assumed).
const (
	maxFiles = 200_000 // files and folders, those that only a name implies, too
	maxBytes = 8 << 30
	maxRatio = 200
	maxName  = 1024
	maxDepth = 100 // folders in a name
	// freeBytes may come of any number: a ratio says nothing about so little.
	freeBytes = 16 << 20
	// maxDirectory bounds the list of entries at the end, in bytes.
	maxDirectory = 32 << 20
)

// vendorFolder is the folder of the vendor's package that becomes the installation, by the procedure.
const vendorFolder = "salesforceIdConnect/"

// Package is an open package whose directory and headers passed all checks. The data of its entries was not read yet.
type Package struct {
	// Bytes and Files are those of the installation in it, unpacked.
	Bytes, Files int64

	path string
	zip  *zip.Reader
	file *watchedFile
	// root is the folder in the archive that becomes the installation, with its trailing slash, or "".
	root string
}

// Close closes the file.
func (p *Package) Close() error { return p.file.Close() }

// Below gives the entries that will be unpacked, by their slash path below the installation, with the mode that they
// will have. Folders have a trailing slash.
func (p *Package) Below() map[string]fs.FileMode {
	modes := map[string]fs.FileMode{}
	for rel, f := range p.below() {
		modes[rel] = entryMode(f)
	}
	return modes
}

func (p *Package) below() iter.Seq2[string, *zip.File] {
	return func(yield func(string, *zip.File) bool) {
		for _, f := range p.zip.File {
			if rel, ok := strings.CutPrefix(f.Name, p.root); ok && rel != "" && !yield(rel, f) {
				return
			}
		}
	}
}

// ReadAll reads the data of every entry to its end, which compares sizes and checksums. It writes nothing.
func (p *Package) ReadAll(ctx context.Context) error {
	for _, f := range p.zip.File {
		in, err := f.Open()
		if err == nil {
			bounded := io.LimitReader(&contextReader{ctx, in}, int64(f.UncompressedSize64)+1)
			_, err = io.Copy(io.Discard, bounded)
			in.Close()
		}
		if err != nil {
			return p.corrupt(f.Name, "damaged", err)
		}
	}
	return nil
}

// ReadFile reads a file of the installation by its slash path, of at most limit bytes. A file that is not in the
// package is an [fs.ErrNotExist].
func (p *Package) ReadFile(name string, limit int64) ([]byte, error) {
	for rel, f := range p.below() {
		if rel != name {
			continue
		}
		if f.UncompressedSize64 > uint64(limit) {
			return nil, p.refuse(f.Name, "larger than %d bytes", limit)
		}
		in, err := f.Open()
		if err != nil {
			return nil, p.corrupt(f.Name, "damaged", err)
		}
		defer in.Close()
		content, err := io.ReadAll(io.LimitReader(in, limit))
		if err != nil {
			return nil, p.corrupt(f.Name, "damaged", err)
		}
		return content, nil
	}
	return nil, fs.ErrNotExist
}

// refuse is the error that an entry, or with "" the whole, is hostile.
func (p *Package) refuse(entry, format string, args ...any) error {
	return &Error{Kind: Hostile, Path: p.path, Entry: entry, Reason: fmt.Sprintf(format, args...)}
}

// corrupt is the error that an entry is damaged.
func (p *Package) corrupt(entry, reason string, err error) error {
	return &Error{Kind: Corrupt, Path: p.path, Entry: entry, Reason: reason, Err: err}
}

// Open opens a package and checks its directory and the header of every entry. It writes nothing.
func Open(ctx context.Context, name string) (*Package, error) {
	fail := func(kind Kind, reason string, err error) (*Package, error) {
		return nil, &Error{Kind: kind, Path: name, Reason: reason, Err: err}
	}
	if name == "" {
		return fail(Missing, "no package is named (Upgrade.Package)", nil)
	}
	f, err := disk.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(Missing, "not found", err)
	case errors.Is(err, disk.ErrNotRegular):
		return fail(Unusable, disk.ErrNotRegular.Error(), nil)
	case err != nil:
		return fail(Unusable, "cannot be read", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return fail(Unusable, "cannot be read", err)
	}
	p := &Package{path: name, file: &watchedFile{File: f, left: maxDirectory}}
	if p.zip, err = zip.NewReader(p.file, info.Size()); err != nil {
		f.Close()
		if p.file.left < 0 {
			return nil, p.refuse("", "the directory has more than %d bytes", maxDirectory)
		}
		return fail(Corrupt, "cannot be read as a zip file", err)
	}
	p.file.left = -1
	if err := p.check(ctx, info.Size()); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// check checks the directory of the archive, and its layout.
func (p *Package) check(ctx context.Context, size int64) error {
	if len(p.zip.File) > maxFiles {
		return p.refuse("", "more than %d entries", maxFiles)
	}
	var names entryNames
	var total int64
	for _, f := range p.zip.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		written := f.Name
		if f.Name = withoutDot(f.Name); f.Name == "" && written != "" && f.UncompressedSize64 == 0 {
			continue // the folder itself, as tar -a writes it
		}
		if fault := names.add(f.Name); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		if fault := entryFault(f); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		total += int64(f.UncompressedSize64) // each is bounded, and so is their number
		if total > maxBytes {
			return p.refuse(f.Name, "more than %d bytes in all", int64(maxBytes))
		}
	}
	if total > freeBytes && total/maxRatio > size {
		return p.refuse("", "%d bytes would unpack to %d", size, total)
	}
	if fault, entry := names.collision(); fault != "" {
		return p.refuse(entry, "%s", fault)
	}
	if err := p.checkLayout(ctx, size); err != nil {
		return err
	}
	return p.findRoot(&names)
}

// entryFault says why an entry is refused, "" where it is not.
func entryFault(f *zip.File) string {
	switch kind := f.Mode() & fs.ModeType; {
	case kind != 0 && kind != fs.ModeDir:
		return "a link or device"
	case f.Mode().IsDir() != strings.HasSuffix(f.Name, "/"):
		return "a folder by its mode or its name, but not by both"
	case f.Mode().IsDir() && f.UncompressedSize64 > 0:
		return "a folder with data of its own"
	case f.Flags&(flagEncrypted|flagStronglyEncrypted|flagMasked) != 0:
		return "encrypted"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Sprintf("unknown compression method %d", f.Method)
	case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
		return "not compressed, but with two different sizes"
	case f.UncompressedSize64 > maxBytes, f.CompressedSize64 > maxBytes,
		f.UncompressedSize64 > freeBytes && f.UncompressedSize64/maxRatio > f.CompressedSize64:
		return "would unpack to far more than its size"
	}
	return ""
}

// findRoot finds the folder with the set-up script: the one that the vendor's procedure names, else the top, else the
// only one.
func (p *Package) findRoot(names *entryNames) error {
	roots := map[string]bool{}
	for _, f := range p.zip.File {
		base, depth := path.Base(f.Name), strings.Count(f.Name, "/")
		if (base == "setup.sh" || base == "setup.bat") && depth <= 1 {
			roots[strings.TrimSuffix(f.Name, base)] = true
		}
	}
	other := func(format string, args ...any) error {
		return &Error{Kind: Unusable, Path: p.path, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(roots) == 0:
		return other("not the package of 7.1.6: no setup.sh or setup.bat in its folder")
	case roots[vendorFolder]:
		p.root = vendorFolder
	case roots[""]:
	case len(roots) > 1:
		return other("%d folders with a setup.sh or setup.bat, none called salesforceIdConnect", len(roots))
	default:
		for root := range roots {
			p.root = root
		}
	}
	if !names.folder(p.root + "security") {
		return other("not the package of 7.1.6: no folder security beside its set-up script")
	}
	for rel, f := range p.below() {
		if !strings.HasSuffix(rel, "/") {
			p.Files++
			p.Bytes += int64(f.UncompressedSize64)
		}
	}
	return nil
}

// Kind says in which way a package cannot be used.
type Kind string

// The kinds of an [Error].
const (
	Unusable Kind = "unusable" // readable, but not a package of 7.1.6; or not readable by this user
	Missing  Kind = "missing"  // no such file
	Corrupt  Kind = "corrupt"  // damaged, cut off, or not a zip file
	Hostile  Kind = "hostile"  // made to write outside its folder, to exhaust the disk, or to be read in two ways
)

// Error says why a package cannot be used, and which of its entries is at fault.
type Error struct {
	Kind Kind
	// Path is the file of the package. Entry is "" where the whole is at fault.
	Path, Entry string
	Reason      string
	Err         error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
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

func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "give the path of the downloaded package of 7.1.6 (Upgrade.Package)"
	case errors.Is(e.Err, fs.ErrPermission):
		return "run this as a user who may read it"
	}
	return "download the package of 7.1.6 again, from the vendor"
}
