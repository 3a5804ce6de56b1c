package idconnect

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf16"
)

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

// lookAtPackage reads the whole package, without writing anything, and looks
// for room to unpack it.
func (r *run) lookAtPackage(ctx context.Context) Findings {
	dir := r.u.TargetDir
	if isInstallation(dir) {
		return nil
	}
	info, err := inspectPackage(ctx, r.u.Package)
	names, nameErr := namesIn(r.u.Package)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return Findings{packageFinding(err, names)}
	}
	if nameErr != nil {
		return Findings{packageFinding(nameErr, nil)}
	}
	found := r.lookAtOrigin(names)
	if err := readPackage(ctx, r.u.Package); err != nil {
		if ctx.Err() != nil {
			return found
		}
		found = append(found, packageFinding(err, names))
	}
	if dir == "" {
		return found
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return found
	}
	var below []string
	for _, name := range names {
		if rel, ok := strings.CutPrefix(name, info.root); ok {
			below = append(below, rel)
		}
	}
	// It is unpacked into a folder beside, whose name is longer.
	if name, length, limit := tooLong(r.u.machine.system(), unpackingDir(abs), below); name != "" {
		found = append(found, finding(CodePathTooLong, StepUnpack, "%s below %s would have %d characters, %d is the limit", name, unpackingDir(abs), length, limit))
	}
	return append(found, r.lookAtSpace(abs, info.Bytes)...)
}

// packageFinding tells the kinds of errors of a package apart.
func packageFinding(err error, names []string) Finding {
	code := CodePackage
	var refused *PackageError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = CodePackageMissing
	case errors.Is(err, fs.ErrPermission):
	case !errors.As(err, &refused):
	case refused.Err != nil:
		code = CodePackageCorrupt
	case refused.Entry != "" || hasSetup(names, "setup.sh") || hasSetup(names, "setup.bat"):
		code = CodePackageHostile
	}
	return finding(code, StepUnpack, "%v", err)
}

func namesIn(path string) ([]string, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, &PackageError{Path: path, Reason: "it cannot be read as a zip file", Err: err}
	}
	defer z.Close()
	names := make([]string, 0, len(z.File))
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names, nil
}

// hasSetup says whether a script is at the top of a package, or in its folder.
func hasSetup(names []string, script string) bool {
	for _, name := range names {
		if name == script || strings.HasSuffix(name, "/"+script) && strings.Count(name, "/") == 1 {
			return true
		}
	}
	return false
}

// readPackage reads every file of a package to its end, so that its checksum
// is compared.
func readPackage(ctx context.Context, path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return &PackageError{Path: path, Reason: "it cannot be read as a zip file", Err: err}
	}
	defer z.Close()
	for _, f := range z.File {
		in, err := f.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, io.LimitReader(&contextReader{ctx, in}, maxPackageBytes))
			in.Close()
		}
		if err != nil {
			return &PackageError{Path: path, Entry: f.Name, Reason: "it is damaged", Err: err}
		}
	}
	return nil
}

var (
	inBundle      = regexp.MustCompile(`(?:^|/)bundle/([^/]+)$`)
	versionInName = regexp.MustCompile(`(\d+\.\d+(?:\.\d+)*)`)
)

// productVersion is what this module upgrades to.
const productVersion = "7.1.6"

// lookAtOrigin looks whether the package is that of 7.1.6 for this system, as
// far as can be told.
func (r *run) lookAtOrigin(names []string) Findings {
	var found Findings
	var bundles []string
	for _, name := range names {
		if m := inBundle.FindStringSubmatch(name); m != nil {
			bundles = append(bundles, m[1])
		}
	}
	version := bundleVersion(bundles)
	base := filepath.Base(r.u.Package)
	switch m := versionInName.FindString(strings.TrimSuffix(base, filepath.Ext(base))); {
	case version != "" && !ofGeneration(version, targetGeneration):
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package %s holds version %s of IDM, 7.1.6 has %s", r.u.Package, version, targetGeneration))
	case m != "" && m != productVersion && version == "":
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package's name says version %s: %s", m, base).as(Warns))
	}
	wanted, other := "setup.sh", "setup.bat"
	if r.u.machine.system() == "windows" {
		wanted, other = other, wanted
	}
	if !hasSetup(names, wanted) && hasSetup(names, other) {
		found = append(found, finding(CodePackagePlatform, StepUnpack, "the package %s has %s and no %s", r.u.Package, other, wanted))
	}
	return found
}

// lookAtSpace compares what is free where the target is to be with what it
// needs.
func (r *run) lookAtSpace(dir string, unpacked int64) Findings {
	at := existing(dir)
	free, err := r.u.machine.freeSpace(at)
	if err != nil {
		return nil // what cannot be asked cannot be said
	}
	reserve := r.u.Checks.DiskReserve
	switch {
	case reserve == 0:
		reserve = defaultDiskReserve
	case reserve < 0:
		reserve = 0
	}
	f := finding(CodeDiskSpace, StepUnpack, "%s are free at %s; the package needs %s unpacked, and %s more for the database",
		bytesText(int64(min(free, 1<<62))), at, bytesText(unpacked), bytesText(reserve))
	switch {
	case free < uint64(unpacked):
		return Findings{f}
	case free-uint64(unpacked) < uint64(reserve):
		return Findings{f.as(Warns)}
	}
	return nil
}
