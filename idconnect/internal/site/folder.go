package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// TargetFolder is the target's folder, opened for its stores: they are files of this folder, and none of them is one of
// the source's. Whoever reads or writes a store of the target does so through it.
type TargetFolder struct {
	*installation.Installation
	// Root is the folder. No path and no link leads out of it.
	Root *os.Root
	site *Site
}

// OpenTarget opens the target's folder. A store that is not a file of it is an error; one that does not exist yet is
// none.
func (s *Site) OpenTarget() (*TargetFolder, error) {
	inst, err := installation.Open(s.TargetDir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(inst.Dir)
	if err != nil {
		return nil, &installation.Error{Dir: s.TargetDir, Err: err}
	}
	t := &TargetFolder{inst, root, s}
	if err := t.checkStores(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Close closes the folder.
func (t *TargetFolder) Close() { t.Root.Close() }

// CheckWrite says why a store must not be written now. Call it right before.
func (t *TargetFolder) CheckWrite() error {
	if err := t.site.CheckPlaces(); err != nil {
		return err
	}
	return t.checkStores()
}

func (t *TargetFolder) checkStores() error {
	stores := storesOf(t.Installation)
	for _, store := range []StoreFile{stores.Keystore, stores.Truststore} {
		if err := t.site.checkStore(t.Installation, disk.In(t.Root), store); err != nil {
			return err
		}
	}
	return nil
}

// CheckStorePaths says which store would be outside the folder of an installation that does not
// exist yet.
func CheckStorePaths(inst *installation.Installation) error {
	stores := storesOf(inst)
	for _, store := range []StoreFile{stores.Keystore, stores.Truststore} {
		if err := disk.Below(inst.Dir, store.Path); err != nil {
			return storeError(inst, store, err)
		}
	}
	return nil
}

// storeError says that a store of the target cannot be used, because it is not a file of the target's folder.
func storeError(inst *installation.Installation, store StoreFile, err error) error {
	do := "move it away: a store of the target is a regular file that no other server uses"
	var outside *disk.OutsideError
	switch {
	case errors.As(err, &outside) && outside.Why == "":
		do = fmt.Sprintf("let openidm.%s.location in %s name a file in the target's folder, such as security/%[1]s",
			store.What, inst.BootFile)
	case outside != nil:
		do = "replace the link by a file or folder of the target's own"
	}
	return &ending.Known{Err: fmt.Errorf("the target's %s cannot be used: %w", store, err), Do: do}
}

func (s *Site) checkStore(inst *installation.Installation, in *disk.Tree, store StoreFile) error {
	fail := func(err error) error { return storeError(inst, store, err) }
	real, err := in.Real(store.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fail(err)
	}
	info, err := in.Stat(real)
	switch {
	case err != nil:
		return fail(err)
	case !info.Mode().IsRegular():
		return fail(disk.ErrNotRegular)
	}
	for _, theirs := range s.sourceStores() {
		if other, err := os.Stat(theirs.Path); err == nil && os.SameFile(info, other) {
			return fail(fmt.Errorf("it is the same file as the source's %s", theirs))
		}
	}
	return nil
}

// ReadStore reads a store of the folder as it is now.
func (t *TargetFolder) ReadStore(path string) ([]byte, error) {
	c, err := readAll(disk.In(t.Root), path)
	return c.bytes, err
}

// TargetRoot is the target's folder, open for what an earlier run did there.
type TargetRoot struct {
	*disk.Tree
	// Root is nil where the folder is gone, and with it all that was in it.
	Root *os.Root
}

// TargetRoot opens the target's folder, whatever is in it.
func (s *Site) TargetRoot() (*TargetRoot, error) {
	dir, err := filepath.Abs(s.TargetDir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &TargetRoot{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &TargetRoot{disk.In(root), root}, nil
}

// Close closes the folder.
func (t *TargetRoot) Close() {
	if t.Root != nil {
		t.Root.Close()
	}
}

// inSource is the error of an upgrade that would write where the source is.
func inSource(format string, args ...any) error {
	return &ending.Known{Err: fmt.Errorf(format, args...), Do: "give the target, and what is written beside it, " +
		"a place of its own: neither inside the source's folder nor around it"}
}

// CheckPlaces says, with a remedy, that the source and a place that the upgrade writes to
// are one, or that one lies in the other. It compares what the file system says, whatever the names. Call it before
// anything is written.
func (s *Site) CheckPlaces() error {
	if s.SourceDir == "" {
		return nil
	}
	if s.TargetDir != "" {
		for _, beside := range []string{"", ".upgrade", ".unpacking", ".removing"} {
			if err := s.checkPlace(filepath.Clean(s.TargetDir) + beside); err != nil {
				return err
			}
		}
		for _, store := range s.sourceStores() {
			if disk.Contains(s.TargetDir, store.Path) {
				return inSource("the source's %s is inside the target's folder, %s", store, s.TargetDir)
			}
		}
	}
	return disk.CheckPlace(s.StateDir, []string{s.SourceDir})
}

// checkPlace is [Site.CheckPlaces] of the target's folder, or of one beside it.
func (s *Site) checkPlace(dir string) error {
	what := "the target's folder"
	if filepath.Clean(s.TargetDir) != dir {
		what = "the folder beside the target's"
	}
	inside, around := disk.Contains(s.SourceDir, dir), disk.Contains(dir, s.SourceDir)
	switch {
	case inside && around && what == "the target's folder":
		return inSource("the folders of source and target are both %s", s.SourceDir)
	case inside && around:
		return inSource("the source's folder %s is one that this program writes: %s", s.SourceDir, dir)
	case inside:
		return inSource("%s %s is inside the source's, %s", what, dir, s.SourceDir)
	case around:
		return inSource("the source's folder %s is inside %s, %s", s.SourceDir, what, dir)
	}
	return nil
}

// sourceStores are the files of the source's stores, none where its folder is not at hand.
func (s *Site) sourceStores() []StoreFile {
	inst, err := installation.Open(s.SourceDir)
	if err != nil {
		return nil // storesCheck says so
	}
	stores := storesOf(inst)
	return []StoreFile{stores.Keystore, stores.Truststore}
}
