package site

import (
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// PlaceError says that the upgrade would write where the source is. Nothing was changed.
type PlaceError struct{ Seen string }

func (e *PlaceError) Error() string { return e.Seen }

// Remedy says what to do about it.
func (e *PlaceError) Remedy() string {
	return "give the target, and what is written beside it, a place of its own: neither inside the source's folder " +
		"nor around it"
}

// CheckPlaces says, as a [*PlaceError] or a [disk.OutputError], that the source and a place that the upgrade writes to
// are one, or that one lies in the other. It compares what the file system says, whatever the names. Call it before
// anything is written.
func (s *Site) CheckPlaces() error {
	if s.SourceDir == "" {
		return nil
	}
	if s.TargetDir != "" {
		for _, beside := range []string{"", ".upgrade", ".unpacking", ".removing"} {
			if err := s.CheckPlace(filepath.Clean(s.TargetDir) + beside); err != nil {
				return err
			}
		}
		for _, store := range s.sourceStores() {
			if disk.Contains(s.TargetDir, store.Path) {
				return &PlaceError{fmt.Sprintf("the source's %s is inside the target's folder, %s", store, s.TargetDir)}
			}
		}
	}
	return disk.CheckPlace(s.StateDir, []string{s.SourceDir})
}

// CheckPlace is [Site.CheckPlaces] of the target's folder, or of one beside it.
func (s *Site) CheckPlace(dir string) error {
	if s.SourceDir == "" {
		return nil
	}
	what := "the target's folder"
	if filepath.Clean(s.TargetDir) != dir {
		what = "the folder beside the target's"
	}
	inside, around := disk.Contains(s.SourceDir, dir), disk.Contains(dir, s.SourceDir)
	switch {
	case inside && around && what == "the target's folder":
		return &PlaceError{"the folders of source and target are both " + s.SourceDir}
	case inside && around:
		return &PlaceError{fmt.Sprintf("the source's folder %s is one that this program writes: %s", s.SourceDir, dir)}
	case inside:
		return &PlaceError{fmt.Sprintf("%s %s is inside the source's, %s", what, dir, s.SourceDir)}
	case around:
		return &PlaceError{fmt.Sprintf("the source's folder %s is inside %s, %s", s.SourceDir, what, dir)}
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
