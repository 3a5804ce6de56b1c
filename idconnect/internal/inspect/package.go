package inspect

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
)

// packageCheck reads the whole package, without writing anything, and looks for
// room to unpack it.
type packageCheck struct{ site *site.Site }

func (c packageCheck) check(ctx context.Context, _ string) preflight.Findings {
	dir := c.site.TargetDir
	if installation.Is(dir) || c.site.Package == "" { // a status does without
		return nil
	}
	p, err := archive.Open(ctx, c.site.Package)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return preflight.Findings{packageFinding(err)}
	}
	defer p.Close()
	below := p.Below()
	found := c.origin(below)
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
	found = append(found, c.stores(p, abs)...)
	// The name of the folder that it is unpacked into first is longer.
	info, err := os.Stat(abs)
	beside := archive.TempDir(abs, archive.Unpacking, err == nil && info.IsDir())
	names := slices.Sorted(maps.Keys(below))
	if name, length, limit := tooLong(c.site.Machine.System(), beside, names); name != "" {
		found = append(found, codes.PathTooLong.Finding(site.StepUnpack,
			"%s below %s would have %d characters, %d is the limit", name, beside, length, limit))
	}
	return append(found, c.space(abs, p.Bytes)...)
}

var packageCodes = map[archive.Kind]preflight.Entry{archive.Unusable: codes.PackageUnusable,
	archive.Missing: codes.PackageMissing, archive.Corrupt: codes.PackageCorrupt, archive.Hostile: codes.PackageHostile}

// packageFinding is the one that an error of a package is.
func packageFinding(err error) preflight.Finding {
	refused := &archive.Error{Kind: archive.Unusable}
	errors.As(err, &refused)
	return packageCodes[refused.Kind].Finding(site.StepUnpack, "%v", err).WithRemedy(remedyOf(err))
}

var versionInName = regexp.MustCompile(`(\d+\.\d+(?:\.\d+)*)`)

// origin looks whether the package is that of 7.1.6 for this system, as far as
// can be told.
func (c packageCheck) origin(below map[string]fs.FileMode) (found preflight.Findings) {
	path := c.site.Package
	version := bundleVersion(maps.Keys(below))
	base := filepath.Base(path)
	switch m := versionInName.FindString(strings.TrimSuffix(base, filepath.Ext(base))); {
	case version != "" && !ofGeneration(version, targetGeneration):
		found = append(found, codes.PackageVersion.Finding(site.StepUnpack,
			"the package %s holds version %s of IDM, 7.1.6 has %s", path, version, targetGeneration))
	case m != "" && m != productVersion && version == "":
		found = append(found, codes.PackageVersion.Finding(site.StepUnpack,
			"the package's name says version %s: %s", m, base).As(preflight.Warns))
	}
	windows := c.site.Machine.System() == "windows"
	wanted, other := "setup.sh", "setup.bat"
	if windows {
		wanted, other = other, wanted
	}
	switch mode, ok := below[wanted]; {
	case !ok:
		found = append(found, codes.PackagePlatform.Finding(site.StepUnpack,
			"the package %s has %s and no %s", path, other, wanted))
	case !windows && mode&0o111 == 0 && c.site.Chooses(site.StepSetup):
		found = append(found, codes.SetupScript.Finding(site.StepUnpack,
			"%s in the package %s may not be run: its mode is %s", wanted, path, mode).
			WithRemedy("unpack the package by hand into the target's folder, and let its script be run "+
				"(chmod +x "+wanted+")"))
	}
	return found
}

// stores looks where the package says that the target's stores will be.
func (c packageCheck) stores(p *archive.Package, dir string) preflight.Findings {
	inst, err := installation.Read(dir, p.ReadFile)
	if err == nil {
		err = site.CheckStorePaths(inst)
	}
	if err == nil {
		return nil
	}
	return preflight.Findings{codes.TargetStores.Finding(site.StepUnpack, "package %s: %v", c.site.Package, err).
		WithRemedy("download the package of 7.1.6 again, from the vendor: its stores are in its folder security")}
}

// space compares what is free where the target is to be with what it needs.
func (c packageCheck) space(dir string, unpacked int64) preflight.Findings {
	at := disk.Existing(dir)
	free, err := c.site.Machine.FreeSpace(at)
	if err != nil {
		return nil // what cannot be asked cannot be said
	}
	reserve := max(c.site.Checks.DiskReserve, 0)
	f := codes.DiskSpace.Finding(site.StepUnpack,
		"%s are free at %s; the package needs %s unpacked, and %s more for the database",
		text.Bytes(int64(min(free, 1<<62))), at, text.Bytes(unpacked), text.Bytes(reserve))
	switch {
	case free < uint64(unpacked):
		return preflight.Findings{f}
	case free-uint64(unpacked) < uint64(reserve):
		return preflight.Findings{f.As(preflight.Warns)}
	}
	return nil
}

// The longest paths that programs can be relied on to open.
const (
	maxWindowsPath = 259 // MAX_PATH without its zero
	maxUnixPath    = 4095
	maxUnixName    = 255
)

// tooLong returns the first of the names, which have slashes, that would have
// too long a path below dir on a system, and how long it would be.
func tooLong(system, dir string, names []string) (name string, length, limit int) {
	for _, name := range names {
		if system == "windows" {
			if n := utf16Len(dir) + 1 + utf16Len(name); n > maxWindowsPath {
				return name, n, maxWindowsPath
			}
			continue
		}
		if n := len(dir) + 1 + len(name); n > maxUnixPath {
			return name, n, maxUnixPath
		}
		for part := range strings.SplitSeq(name, "/") {
			if len(part) > maxUnixName {
				return name, len(part), maxUnixName
			}
		}
	}
	return "", 0, 0
}

func utf16Len(s string) int { return len(utf16.Encode([]rune(s))) }

const (
	// targetGeneration is the version of OpenIDM in 7.1.6 (inferred).
	targetGeneration = "7.1"
	// productVersion is what this module upgrades to.
	productVersion = "7.1.6"
)

// ofGeneration says whether a version is that of a generation, or later in it.
func ofGeneration(version, generation string) bool {
	later, ok := strings.CutPrefix(version, generation)
	return ok && (later == "" || later[0] == '.' || later[0] == '-')
}

var bundleName = regexp.MustCompile(
	`(?:^|/)bundle/(?:[a-z0-9_]+\.)*openidm-(?:[a-z][a-z0-9]*-)*(\d+(?:\.\d+)+)(?:[-.][^/]*)?\.jar$`)

// bundleVersion is the version that most of IDM's own files in its folder
// bundle have, "" where there are none: openidm-system-7.1.0.jar, or with the
// group before it org.openidentityplatform.openidm.openidm-core-7.0.2.jar. That
// 7.1.6 names them so is assumed; the first is true of 3.x and of ForgeRock's
// 7.x, the second of the community's 7.0.2.
func bundleVersion(paths iter.Seq[string]) string {
	count := map[string]int{}
	best := ""
	for path := range paths {
		m := bundleName.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		count[m[1]]++
		if n := count[m[1]]; n > count[best] || n == count[best] && m[1] > best {
			best = m[1]
		}
	}
	return best
}
