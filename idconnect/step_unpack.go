package idconnect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
	"github.com/idconnect-go/upgrade/internal/text"
)

// unpackStep makes the target's folder out of the package.
type unpackStep struct{ *runner }

func (s unpackStep) Done(ctx context.Context) (bool, string, error) {
	if installation.Is(s.TargetDir) {
		return true, s.TargetDir + " is there", nil
	}
	p, err := archive.Open(ctx, s.Package)
	if err != nil {
		return false, "", err
	}
	defer p.Close()
	return false, fmt.Sprintf("%s, %s, %s, checked", filepath.Base(s.Package), text.Bytes(p.Bytes),
		text.Plural(p.Files, "file")), nil
}

func (s unpackStep) Apply(ctx context.Context) (string, error) {
	n := &journal.Unpack{Note: journal.Begin()}
	if old := s.journal.Unpack; old != nil && old.IsOpen() {
		n.Empty = old.Empty
	}
	info, err := os.Stat(s.TargetDir)
	there := err == nil && info.IsDir()
	if there && n.Empty == nil {
		n.Empty = &journal.Folder{Mode: info.Mode().Perm(), ModTime: info.ModTime()}
	}
	temp := archive.TempDir(s.TargetDir, archive.Unpacking, there)
	n.Temp = filepath.Base(temp)
	// There is no folder: what was done in one that is gone is no longer done,
	// and cannot be undone. Whether a migration is, its database says.
	s.journal.FolderGone()
	s.journal.Unpack = n
	if err := s.journal.Save(); err != nil {
		return "", err
	}
	err = archive.Unpack(ctx, s.Package, s.TargetDir, temp, func(done, total int64) {
		s.progress(Event{Step: StepUnpack, Done: done, Total: total, Unit: "bytes"})
	}, func(temp string) error {
		// What will be there is known before it is: a run that is killed right
		// after the rename can still be taken back.
		files, err := journal.ListFiles(temp)
		if err != nil {
			return err
		}
		n.Files = files
		return s.journal.Save()
	})
	if err != nil {
		return "", err
	}
	n.End()
	n.Temp = ""
	return fmt.Sprintf("%s in %s", text.Plural(len(n.Files), "file"), s.TargetDir), s.journal.Save()
}

// Undo removes the folder when it holds nothing but what the package
// brought; a folder that was there before is emptied. Else it says what is
// there besides, and removes that too only when told to.
func (s unpackStep) Undo(ctx context.Context) (string, error) {
	detail, foreign, err := undo.Folder(ctx, s.journal, s.TargetDir, s.removeAdded)
	if len(foreign) > 0 {
		err = &AddedError{Dir: s.TargetDir, Files: foreign}
	}
	return detail, err
}

// AddedError says that a folder which was unpacked holds files, or empty
// folders, that the package did not bring, or brought otherwise.
type AddedError struct {
	Dir string
	// Files are their slash paths below Dir, sorted. That of a folder ends in a
	// slash.
	Files []string
}

func (e *AddedError) Error() string {
	return fmt.Sprintf("%s holds %s added or changed since it was unpacked (%s): it is left alone",
		e.Dir, text.Plural(len(e.Files), "entry"), undo.Some(e.Files))
}

// Remedy says what to do.
func (e *AddedError) Remedy() string {
	return "look at these files; when nothing in them is needed, say that they go too (Upgrade.RemoveAdded), " +
		"or remove the folder yourself"
}
