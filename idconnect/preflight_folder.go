package idconnect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
)

// lookAtFolder looks at the place of the target: what is in it, and whether it
// can be written. Nothing is written to find out.
func (r *run) lookAtFolder(context.Context) Findings {
	dir := r.u.TargetDir
	if dir == "" {
		return nil
	}
	step := r.u.firstChosen(StepUnpack, StepStores, StepSetup)
	var found Findings
	there := installation.Is(dir)
	if !there && r.u.chosen(StepUnpack) {
		switch entries, err := os.ReadDir(dir); {
		case err == nil && len(entries) > 0:
			found = append(found, finding(CodeTargetFolder, StepUnpack, "%s holds files, but no installation", dir))
		case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
				found = append(found, finding(CodeTargetFolder, StepUnpack, "%s is a file", dir))
			}
		}
	}
	if there {
		if version := bundleVersion(filesIn(filepath.Join(dir, "bundle"))); version != "" && !ofGeneration(version, targetGeneration) {
			found = append(found, finding(CodeTargetFolderVersion, step, "%s holds version %s of IDM, 7.1.6 has %s", dir, version, targetGeneration))
		}
	}
	for _, place := range r.placesToWrite(there) {
		if err := mayWrite(place); err != nil {
			found = append(found, finding(CodeTargetPermission, step, "%s cannot be written: %v", place, err))
		}
	}
	if there {
		found = append(found, r.lookAtStoreFiles()...)
		found = append(found, r.lookAtScript()...)
	}
	return found
}

// placesToWrite are folders that exist and that the run writes in.
func (r *run) placesToWrite(there bool) []string {
	places := []string{host.Existing(filepath.Dir(filepath.Clean(r.u.TargetDir))), host.Existing(r.u.stateDir())}
	if there {
		// What is unpacked needs nothing beside it.
		places[0] = r.u.TargetDir
		if r.u.chosen(StepStores) {
			places = append(places, filepath.Join(r.u.TargetDir, "security"))
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// mayWrite asks the system whether this user may make files in a folder.
func mayWrite(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("it is a file, not a folder")
	}
	return host.CheckWritable(dir)
}

// lookAtStoreFiles looks whether another program has the stores open that are
// to be replaced.
func (r *run) lookAtStoreFiles() Findings {
	inst, err := installation.Open(r.u.TargetDir)
	if err != nil || !r.u.chosen(StepStores) || r.targetUp.Load() {
		return nil
	}
	var found Findings
	for _, path := range []string{inst.KeystorePath(), inst.TruststorePath()} {
		if who, held := host.LockedByOther(path); held {
			found = append(found, finding(CodeFileLocked, StepStores, "%s is in use%s", path, who))
		}
	}
	return found
}

// lookAtScript looks for the set-up script of an installation that is there.
func (r *run) lookAtScript() Findings {
	if !r.u.chosen(StepSetup) || r.targetUp.Load() || r.journal.Setup.IsEnded() {
		return nil
	}
	name, err := setup.Script(r.u.TargetDir)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(filepath.Join(r.u.TargetDir, name)); err == nil && !setup.Runnable(info) {
			err = fmt.Errorf("%s may not be run: its mode is %s", name, info.Mode())
		}
	}
	if err != nil {
		return Findings{finding(CodeSetupScript, StepSetup, "%v", err)}
	}
	return nil
}

func filesIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

var bundleName = regexp.MustCompile(`^openidm-[a-z-]+-(\d+(?:\.\d+)+)[^/]*\.jar$`)

// bundleVersion is the version that most of IDM's own files in its folder
// bundle have (openidm-system-7.1.0.jar), "" where there are none. That 7.1.6
// names them so is assumed; it is true of 3.x and 7.0.2.
func bundleVersion(names []string) string {
	count := map[string]int{}
	best := ""
	for _, name := range names {
		m := bundleName.FindStringSubmatch(name)
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
			if n := len(utf16Of(dir)) + 1 + len(utf16Of(name)); n > maxWindowsPath {
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
