package inspect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// folderCheck looks at the place of the target: what is in it, and whether it
// can be written. Nothing is written to find out.
type folderCheck struct {
	target *fact[Server]
	site   *site.Site
	isSet  bool // the set-up script has run
	// unpacked is what an earlier run unpacked, or began to.
	unpacked *journal.Unpack
}

func (c folderCheck) check(ctx context.Context, step string) (found preflight.Findings) {
	dir := c.site.TargetDir
	if dir == "" {
		return nil
	}
	there := installation.Is(dir)
	if !there && c.site.Chooses(site.StepUnpack) {
		found = append(found, c.occupied(dir)...)
	}
	if there {
		// The only error is one of the pattern.
		jars, _ := fs.Glob(os.DirFS(dir), "bundle/*.jar")
		version := bundleVersion(slices.Values(jars))
		if version != "" && !ofGeneration(version, targetGeneration) {
			found = append(found, codes.TargetFolderVersion.Finding(step,
				"%s holds version %s of IDM, 7.1.6 has %s", dir, version, targetGeneration))
		}
	}
	for _, place := range c.placesToWrite(there) {
		if err := mayWrite(place); err != nil {
			found = append(found, codes.TargetFolderPermission.Finding(step, "%s cannot be written: %v", place, err))
		}
	}
	if there {
		found = append(found, c.storeFiles()...)
	}
	if target, _ := c.target.get(ctx); there && !target.Answered {
		found = append(found, c.script()...)
	}
	return found
}

// occupied: the folder to unpack to holds something else.
func (c folderCheck) occupied(dir string) preflight.Findings {
	finding := func(format string) preflight.Findings {
		return preflight.Findings{codes.TargetFolder.Finding(site.StepUnpack, format, dir)}
	}
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0 && !c.unpacked.IsOurs(entries):
		return finding("%s holds files, but no installation")
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(dir); err == nil {
			return finding("%s is a link that leads nowhere")
		}
	case err != nil && !errors.Is(err, fs.ErrPermission):
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return finding("%s is a file")
		}
	}
	return nil
}

// placesToWrite are folders that exist and that the run writes in.
func (c folderCheck) placesToWrite(there bool) []string {
	// A folder that is there is written in, and nothing beside it.
	places := []string{disk.Existing(filepath.Clean(c.site.TargetDir)), disk.Existing(c.site.StateDir)}
	if there && c.site.Chooses(site.StepStores) {
		places = append(places, filepath.Join(c.site.TargetDir, "security"))
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

// storeFiles looks whether the stores that are to be replaced are the target's
// own, and whether another program has them open.
func (c folderCheck) storeFiles() (found preflight.Findings) {
	if !c.site.Chooses(site.StepStores) {
		return nil
	}
	target, err := c.site.OpenTarget()
	if err != nil {
		return preflight.Findings{codes.TargetStores.Finding(site.StepStores, "%v", err).WithRemedy(remedyOf(err))}
	}
	defer target.Close()
	for _, path := range []string{target.KeystorePath(), target.TruststorePath()} {
		if who, held := host.LockedByOther(path); held {
			found = append(found, codes.FileLocked.Finding(site.StepStores, "%s is in use%s", path, who))
		}
	}
	return found
}

// script looks for the set-up script of an installation that is there.
func (c folderCheck) script() preflight.Findings {
	if !c.site.Chooses(site.StepSetup) || c.isSet {
		return nil
	}
	name, err := setup.Script(c.site.TargetDir)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(filepath.Join(c.site.TargetDir, name)); err == nil && !setup.Runnable(info) {
			err = fmt.Errorf("%s may not be run: its mode is %s", name, info.Mode())
		}
	}
	if err != nil {
		return preflight.Findings{codes.SetupScript.Finding(site.StepSetup, "%v", err)}
	}
	return nil
}
