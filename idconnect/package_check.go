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
	"strings"
)

// vendorFolder is the folder of the vendor's package that becomes the
// installation, by the procedure.
const vendorFolder = "salesforceIdConnect/"

// packageFile is a package that is open, and that was looked through: nothing
// of it is hostile as far as that shows without unpacking it.
type packageFile struct {
	*zip.Reader
	name string
	// reads is the file below the reader.
	reads *watchedFile
	// root is the folder in the archive that becomes the installation, with
	// its trailing slash, or "".
	root string
	// Bytes and Files of that folder, unpacked.
	Bytes, Files int64
}

func (p *packageFile) Close() error { return p.reads.Close() }

// refuse is the error that an entry, or with "" the whole, is hostile.
func (p *packageFile) refuse(entry, format string, args ...any) error {
	return &PackageError{Path: p.name, Entry: entry, Reason: fmt.Sprintf(format, args...), Code: codes.PackageHostile.Code}
}

// openPackage opens a package and looks at every entry. Nothing is written.
func openPackage(ctx context.Context, name string) (*packageFile, error) {
	fail := func(code, reason string, err error) (*packageFile, error) {
		return nil, &PackageError{Path: name, Reason: reason, Code: code, Err: err}
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(codes.PackageMissing.Code, "it is not there", err)
	case err != nil:
		return fail(codes.PackageUnusable.Code, "it cannot be read", err)
	case !info.Mode().IsRegular():
		return fail(codes.PackageUnusable.Code, "it is no file", nil)
	}
	f, err := os.Open(name)
	if err != nil {
		return fail(codes.PackageUnusable.Code, "it cannot be read", err)
	}
	p := &packageFile{name: name, reads: &watchedFile{File: f, left: maxPackageDirectory}}
	if p.Reader, err = zip.NewReader(p.reads, info.Size()); err != nil {
		f.Close()
		if p.reads.left < 0 {
			return nil, p.refuse("", "a directory of more than %d bytes", maxPackageDirectory)
		}
		return fail(codes.PackageCorrupt.Code, "it cannot be read as a zip file", err)
	}
	p.reads.left = -1
	if err := p.check(ctx, info.Size()); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// check looks at the directory of the archive, and at its layout.
func (p *packageFile) check(ctx context.Context, size int64) error {
	if len(p.File) > maxPackageFiles {
		return p.refuse("", "more than %d entries", maxPackageFiles)
	}
	var names entryNames
	var total int64
	for _, f := range p.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		if fault := names.add(f.Name); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		if fault := entryFault(f); fault != "" {
			return p.refuse(f.Name, "%s", fault)
		}
		total += int64(f.UncompressedSize64) // each is bounded, and so is their number
		if total > maxPackageBytes {
			return p.refuse(f.Name, "more than %d bytes in all", int64(maxPackageBytes))
		}
	}
	if total > freePackageBytes && total/maxPackageRatio > size {
		return p.refuse("", "%d bytes that would become %d", size, total)
	}
	if fault, entry := names.collision(); fault != "" {
		return p.refuse(entry, "%s", fault)
	}
	if err := p.checkLayout(ctx, size); err != nil {
		return err
	}
	return p.findRoot(&names)
}

// entryFault says why an entry is none of a package, "" where it may be one.
func entryFault(f *zip.File) string {
	switch kind := f.Mode() & fs.ModeType; {
	case kind != 0 && kind != fs.ModeDir:
		return "a link or device"
	case f.Mode().IsDir() != strings.HasSuffix(f.Name, "/"):
		return "a folder by its mode or its name, but not by both"
	case f.Mode().IsDir() && f.UncompressedSize64 > 0:
		return "a folder that holds bytes of its own"
	case f.Flags&(flagEncrypted|flagStronglyEncrypted|flagMasked) != 0:
		return "it is encrypted"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Sprintf("compressed by a method that is not known, number %d", f.Method)
	case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
		return "two sizes of what is not compressed"
	case f.UncompressedSize64 > maxPackageBytes, f.CompressedSize64 > maxPackageBytes,
		f.UncompressedSize64 > freePackageBytes && f.UncompressedSize64/maxPackageRatio > f.CompressedSize64:
		return "it would grow beyond measure"
	}
	return ""
}

// findRoot finds the folder with the set-up script: the one that the vendor's
// procedure names, else the top, else the only one.
func (p *packageFile) findRoot(names *entryNames) error {
	roots := map[string]bool{}
	for _, f := range p.File {
		if base := path.Base(f.Name); (base == "setup.sh" || base == "setup.bat") && strings.Count(f.Name, "/") <= 1 {
			roots[strings.TrimSuffix(f.Name, base)] = true
		}
	}
	other := func(format string, args ...any) error {
		return &PackageError{Path: p.name, Reason: fmt.Sprintf(format, args...), Code: codes.PackageUnusable.Code}
	}
	switch {
	case len(roots) == 0:
		return other("no setup.sh or setup.bat in its folder: not the package of 7.1.6")
	case roots[vendorFolder]:
		p.root = vendorFolder
	case roots[""]:
	case len(roots) > 1:
		return other("%d folders with a setup.sh or setup.bat, and none is called salesforceIdConnect", len(roots))
	default:
		for root := range roots {
			p.root = root
		}
	}
	if !names.folder(p.root + "security") {
		return other("no folder security beside its set-up script: not the package of 7.1.6")
	}
	for _, f := range p.File {
		if strings.HasPrefix(f.Name, p.root) && !strings.HasSuffix(f.Name, "/") {
			p.Files++
			p.Bytes += int64(f.UncompressedSize64)
		}
	}
	return nil
}

// names are those of the entries.
func (p *packageFile) names() []string {
	names := make([]string, 0, len(p.File))
	for _, f := range p.File {
		names = append(names, f.Name)
	}
	return names
}

// readAll reads every file to its end, so that size and checksum are compared.
func (p *packageFile) readAll(ctx context.Context) error {
	for _, f := range p.File {
		in, err := f.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, io.LimitReader(&contextReader{ctx, in}, int64(f.UncompressedSize64)+1))
			in.Close()
		}
		if err != nil {
			return &PackageError{Path: p.name, Entry: f.Name, Reason: "it is damaged", Code: codes.PackageCorrupt.Code, Err: err}
		}
	}
	return nil
}
