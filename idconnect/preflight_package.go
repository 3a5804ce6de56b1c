package idconnect

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/text"
)

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

// lookAtPackage reads the whole package, without writing anything, and looks
// for room to unpack it.
func (r *run) lookAtPackage(ctx context.Context) Findings {
	dir := r.u.TargetDir
	if installation.Is(dir) {
		return nil
	}
	p, err := archive.Open(ctx, r.u.Package)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return Findings{packageFinding(err)}
	}
	defer p.Close()
	found := r.lookAtOrigin(p)
	if err := p.ReadAll(ctx); err != nil {
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
	for name := range p.Below() {
		below = append(below, name)
	}
	// It is unpacked into a folder beside, whose name is longer.
	temp := archive.TempDir(abs)
	if name, length, limit := tooLong(r.u.machine.System(), temp, below); name != "" {
		found = append(found, finding(CodePathTooLong, StepUnpack,
			"%s below %s would have %d characters, %d is the limit", name, temp, length, limit))
	}
	return append(found, r.lookAtSpace(abs, p.Bytes)...)
}

var codeOfPackage = map[archive.Kind]string{
	archive.Unusable: CodePackage, archive.Missing: CodePackageMissing,
	archive.Corrupt: CodePackageCorrupt, archive.Hostile: CodePackageHostile,
}

// packageFinding is the one that an error of a package is.
func packageFinding(err error) Finding {
	code := CodePackage
	var refused *archive.Error
	if errors.As(err, &refused) {
		code = codeOfPackage[refused.Kind]
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
func (r *run) lookAtOrigin(p *archive.Package) Findings {
	var found Findings
	var bundles []string
	for _, name := range p.Names() {
		if m := inBundle.FindStringSubmatch(name); m != nil {
			bundles = append(bundles, m[1])
		}
	}
	scripts := maps.Collect(p.Below())
	version := bundleVersion(bundles)
	base := filepath.Base(r.u.Package)
	switch m := versionInName.FindString(strings.TrimSuffix(base, filepath.Ext(base))); {
	case version != "" && !ofGeneration(version, targetGeneration):
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package %s holds version %s of IDM, 7.1.6 has %s", r.u.Package, version, targetGeneration))
	case m != "" && m != productVersion && version == "":
		found = append(found, finding(CodePackageVersion, StepUnpack, "the package's name says version %s: %s", m, base).as(Warns))
	}
	windows := r.u.machine.System() == "windows"
	wanted, other := "setup.sh", "setup.bat"
	if windows {
		wanted, other = other, wanted
	}
	switch mode, ok := scripts[wanted]; {
	case !ok:
		found = append(found, finding(CodePackagePlatform, StepUnpack, "the package %s has %s and no %s", r.u.Package, other, wanted))
	case !windows && mode&0o111 == 0 && r.u.chosen(StepSetup):
		found = append(found, finding(CodeSetupScript, StepUnpack, "%s in the package %s may not be run: its mode is %s", wanted, r.u.Package, mode).
			remedy("unpack the package by hand into the target's folder, and let its script be run (chmod +x "+wanted+")"))
	}
	return found
}

// lookAtSpace compares what is free where the target is to be with what it
// needs.
func (r *run) lookAtSpace(dir string, unpacked int64) Findings {
	at := host.Existing(dir)
	free, err := r.u.machine.FreeSpace(at)
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
		text.Bytes(int64(min(free, 1<<62))), at, text.Bytes(unpacked), text.Bytes(reserve))
	switch {
	case free < uint64(unpacked):
		return Findings{f}
	case free-uint64(unpacked) < uint64(reserve):
		return Findings{f.as(Warns)}
	}
	return nil
}
