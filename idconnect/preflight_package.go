package idconnect

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/internal/text"
)

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

// lookAtPackage reads the whole package, without writing anything, and looks
// for room to unpack it.
func (r *runner) lookAtPackage(ctx context.Context) Findings {
	dir := r.TargetDir
	if isInstallation(dir) {
		return nil
	}
	p, err := openPackage(ctx, r.Package)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return Findings{packageFinding(err)}
	}
	defer p.Close()
	found := r.lookAtOrigin(p)
	if err := p.readAll(ctx); err != nil {
		if ctx.Err() != nil {
			return found
		}
		found = append(found, packageFinding(err))
	}
	if dir == "" {
		return found
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return found
	}
	var below []string
	for _, name := range p.names() {
		if rel, ok := strings.CutPrefix(name, p.root); ok {
			below = append(below, rel)
		}
	}
	// It is unpacked into a folder beside, whose name is longer.
	if name, length, limit := tooLong(r.Machine.system(), unpackingDir(abs), below); name != "" {
		found = append(found, finding(CodePathTooLong, StepUnpack, "%s below %s would have %d characters, %d is the limit", name, unpackingDir(abs), length, limit))
	}
	return append(found, r.lookAtSpace(abs, p.Bytes)...)
}

// packageFinding is the one that an error of a package is.
func packageFinding(err error) Finding {
	code := CodePackage
	var refused *PackageError
	if errors.As(err, &refused) && refused.Code != "" {
		code = refused.Code
	}
	return finding(code, StepUnpack, "%v", err).remedy(RemedyOf(err))
}

var (
	inBundle      = regexp.MustCompile(`(?:^|/)bundle/([^/]+)$`)
	versionInName = regexp.MustCompile(`(\d+\.\d+(?:\.\d+)*)`)
)

// productVersion is what this module upgrades to.
const productVersion = "7.1.6"

// lookAtOrigin looks whether the package is that of 7.1.6 for this system, as
// far as can be told.
func (r *runner) lookAtOrigin(p *packageFile) Findings {
	var found Findings
	var bundles []string
	scripts := map[string]fs.FileMode{}
	for _, f := range p.File {
		if m := inBundle.FindStringSubmatch(f.Name); m != nil {
			bundles = append(bundles, m[1])
		}
		if rel, ok := strings.CutPrefix(f.Name, p.root); ok {
			scripts[rel] = entryMode(f)
		}
	}
	version := bundleVersion(bundles)
	base := filepath.Base(r.Package)
	switch m := versionInName.FindString(strings.TrimSuffix(base, filepath.Ext(base))); {
	case version != "" && !ofGeneration(version, targetGeneration):
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package %s holds version %s of IDM, 7.1.6 has %s", r.Package, version, targetGeneration))
	case m != "" && m != productVersion && version == "":
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package's name says version %s: %s", m, base).as(Warns))
	}
	windows := r.Machine.system() == "windows"
	wanted, other := "setup.sh", "setup.bat"
	if windows {
		wanted, other = other, wanted
	}
	switch mode, ok := scripts[wanted]; {
	case !ok:
		found = append(found, finding(CodePackagePlatform, StepUnpack, "the package %s has %s and no %s", r.Package, other, wanted))
	case !windows && mode&0o111 == 0 && r.Chooses(StepSetup):
		found = append(found, finding(CodeSetupScript, StepUnpack, "%s in the package %s may not be run: its mode is %s", wanted, r.Package, mode).
			remedy("unpack the package by hand into the target's folder, and let its script be run (chmod +x "+wanted+")"))
	}
	return found
}

// lookAtSpace compares what is free where the target is to be with what it
// needs.
func (r *runner) lookAtSpace(dir string, unpacked int64) Findings {
	at := existing(dir)
	free, err := r.Machine.freeSpace(at)
	if err != nil {
		return nil // what cannot be asked cannot be said
	}
	reserve := r.Checks.DiskReserve
	switch {
	case reserve == 0:
		reserve = defaultDiskReserve
	case reserve < 0:
		reserve = 0
	}
	f := finding(CodeDiskSpace, StepUnpack, "%s are free at %s; the package needs %s unpacked, and %s more for the database",
		text.Bytes(int64(min(free, 1<<62))), at, text.Bytes(unpacked), text.Bytes(reserve))
	switch {
	case free < uint64(unpacked):
		return Findings{f}
	case free-uint64(unpacked) < uint64(reserve):
		return Findings{f.as(Warns)}
	}
	return nil
}
