package idconnect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// unpackStep makes the target's folder out of the package.
type unpackStep struct{ *runner }

func (unpackStep) Name() string        { return StepUnpack }
func (unpackStep) Where() report.Where { return report.WhereTarget }

func (s unpackStep) Done(ctx context.Context) (bool, string, error) {
	if installation.Is(s.TargetDir) {
		return true, s.TargetDir + " is there", nil
	}
	p, err := archive.Open(ctx, s.Package)
	if err != nil {
		return false, "", err
	}
	defer p.Close()
	return false, fmt.Sprintf("%s, %s, %d files, checked", filepath.Base(s.Package), text.Bytes(p.Bytes), p.Files), nil
}

func (s unpackStep) Apply(ctx context.Context) (string, error) {
	n := &journal.Unpack{Note: journal.Begin()}
	if old := s.journal.Unpack; old != nil && old.IsOpen() {
		n.Empty = old.Empty
	}
	if info, err := os.Stat(s.TargetDir); err == nil && info.IsDir() {
		n.Empty = &journal.Folder{Mode: info.Mode().Perm(), ModTime: info.ModTime()}
	}
	s.journal.Unpack = n
	// There is no folder: what was done in one that is gone is no longer done,
	// and cannot be undone. Whether a migration is, its database says.
	s.journal.Stores, s.journal.Setup, s.journal.Configure = nil, nil, nil
	if err := s.journal.Save(); err != nil {
		return "", err
	}
	err := archive.Unpack(ctx, s.Package, s.TargetDir, func(done, total int64) {
		s.emit(Event{Kind: EventProgress, Step: StepUnpack, Done: done, Total: total, Unit: "bytes"})
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
	return fmt.Sprintf("%d files in %s", len(n.Files), s.TargetDir), s.journal.Save()
}

// recoverUnpack finds out what became of an unpacking that was killed: the
// folder was renamed when it was whole, or it was not.
func (r *runner) recoverUnpack() error {
	n := r.journal.Unpack
	if n == nil {
		return nil
	}
	temp := archive.TempDir(r.TargetDir)
	if n.IsEnded() {
		return nil
	}
	_, err := os.Lstat(temp)
	if errors.Is(err, fs.ErrNotExist) && n.Files != nil && installation.Is(r.TargetDir) {
		n.End()
		return r.journal.Save()
	}
	// The note stays, for the empty folder that may have been there.
	return disk.RemoveAll(temp)
}

// Undo removes the folder when it holds nothing but what the package
// brought, and puts the empty folder back that may have been there. Else it
// says what is there besides, and removes that too only when told to.
func (s unpackStep) Undo(ctx context.Context) (string, error) {
	n := s.journal.Unpack
	if n == nil {
		return "this program did not unpack it", nil
	}
	dir := filepath.Clean(s.TargetDir)
	aside := dir + ".removing"
	if err := errors.Join(disk.RemoveAll(aside), disk.RemoveAll(archive.TempDir(dir))); err != nil {
		return "", err
	}
	detail := "removed " + dir
	_, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		detail = dir + " is gone already"
	case err != nil:
		return "", err
	case n.IsOpen():
		// Nothing was renamed to it: what is there is somebody else's, or the
		// empty folder that was there before.
		detail = "nothing was unpacked to " + dir
	default:
		foreign, err := n.Foreign(ctx, dir)
		if err != nil {
			return "", err
		}
		if len(foreign) > 0 {
			if !s.removeAdded {
				return "", &AddedError{Dir: dir, Files: foreign}
			}
			detail += ", with " + text.Plural(len(foreign), "file") + " added or changed since: " + someOf(foreign)
		}
		// Out of the way at once, so that a removal that is killed leaves no
		// folder that looks like an installation.
		err = errors.Join(disk.Rename(dir, aside), disk.Sync(filepath.Dir(dir)), disk.RemoveAll(aside))
		if err != nil {
			return "", err
		}
	}
	if err := n.RestoreEmpty(dir); err != nil {
		return "", err
	}
	s.journal.Unpack = nil
	// With the folder goes its database: that target was never set up,
	// configured nor migrated to.
	s.journal.Setup, s.journal.Configure, s.journal.Migrate = nil, nil, nil
	return detail, s.journal.Save()
}

// AddedError says that a folder which was unpacked holds files that the
// package did not bring, or brought otherwise.
type AddedError struct {
	Dir string
	// Files are their slash paths below Dir, sorted.
	Files []string
}

func (e *AddedError) Error() string {
	return fmt.Sprintf("%s holds %s added or changed since it was unpacked (%s): it is left alone",
		e.Dir, text.Plural(len(e.Files), "file"), someOf(e.Files))
}

// Remedy says what to do.
func (e *AddedError) Remedy() string {
	return "look at these files; when nothing in them is needed, say that they go too (-remove-added), " +
		"or remove the folder yourself"
}

func someOf(files []string) string {
	const some = 5
	if len(files) <= some {
		return strings.Join(files, ", ")
	}
	return strings.Join(files[:some], ", ") + fmt.Sprintf(" and %d more", len(files)-some)
}
