package undo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
)

// aside is where the folder dir, or what is in a folder that was there before, goes before it is removed.
func aside(n *journal.Unpack, dir string) string {
	if to, ok := archive.Claimed(dir, archive.Removing, n.Aside); ok {
		return to
	}
	to := archive.TempDir(dir, archive.Removing, n.Empty != nil)
	n.Aside = filepath.Base(to)
	return to
}

// RecoverFolder finds out what became of an unpacking, or of its removal, that was killed.
func RecoverFolder(j *journal.Journal, dir string) error {
	n := j.Unpack
	switch {
	case n == nil:
		return nil
	case n.Removing && installation.Is(dir):
		n.Removing = false // nothing was removed yet
		var err error
		if n.Empty != nil {
			err = disk.RemoveAll(aside(n, dir)) // empty
		}
		return errors.Join(err, j.Save())
	case n.Removing:
		return removeFolder(j, dir)
	case n.IsEnded():
		return nil
	}
	temp, ours := archive.Claimed(dir, archive.Unpacking, n.Temp)
	there := false
	if ours {
		_, err := os.Lstat(temp)
		there = !errors.Is(err, fs.ErrNotExist)
	}
	switch {
	case there && n.Files != nil && n.Empty != nil:
		if err := archive.MoveInto(temp, dir); err != nil {
			return err
		}
	case !there && n.Files != nil && installation.Is(dir):
	case there:
		// The note stays, for the empty folder that may have been there.
		return disk.RemoveAll(temp)
	default:
		return nil
	}
	n.End()
	n.Temp = ""
	return j.Save()
}

// Folder removes what was unpacked into the folder dir, and with it a folder that was not there before. Files and
// folders that others added, or changed, are foreign: with any, nothing is removed unless lose is set. The set-up and
// what followed are forgotten with the folder.
func Folder(
	ctx context.Context, j *journal.Journal, dir string, lose bool,
) (detail string, foreign []string, err error) {
	n := j.Unpack
	if n == nil {
		return "this program did not unpack it", nil, nil
	}
	dir = filepath.Clean(dir)
	detail = "removed " + dir
	_, err = os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		detail = dir + " is gone already"
	case err != nil:
		return "", nil, err
	case n.IsOpen():
		// Nothing was moved to it: what is there is somebody else's, or the empty folder that was there before.
		return "nothing was unpacked to " + dir, nil, forget(j, dir)
	default:
		if foreign, err = n.Foreign(ctx, dir); err != nil {
			return "", nil, err
		}
		if len(foreign) > 0 && !lose {
			return "", foreign, nil
		}
	}
	if len(foreign) > 0 {
		detail += ", with " + text.Plural(len(foreign), "entry") + " added or changed since: " + Some(foreign)
	}
	if n.Empty != nil {
		detail = strings.Replace(detail, "removed ", "emptied ", 1)
	}
	return detail, nil, removeFolder(j, dir)
}

// removeFolder moves what is to go out of the way, so that a removal that is killed leaves no folder that looks like an
// installation, and removes it.
func removeFolder(j *journal.Journal, dir string) error {
	n := j.Unpack
	to := aside(n, dir)
	if n.Empty != nil && n.Going == nil {
		names, err := namesIn(dir)
		if err != nil {
			return err
		}
		if n.Removing { // by a version that did not note them
			names = slices.DeleteFunc(names, func(name string) bool { return !n.Brought(name) })
		}
		n.Going = names
	}
	n.Removing = true
	if err := j.Save(); err != nil {
		return err
	}
	if n.Empty != nil {
		if err := moveAside(dir, to, n.Going); err != nil {
			return err
		}
	} else if _, err := os.Lstat(dir); err == nil {
		if err := errors.Join(disk.Rename(dir, to), disk.Sync(filepath.Dir(dir))); err != nil {
			return err
		}
	}
	if err := disk.RemoveAll(to); err != nil {
		return err
	}
	return forget(j, dir)
}

// namesIn are the names of what is in a folder, none where there is no folder, what an installation is known by first.
func namesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Name() == "security" {
			names = slices.Insert(names, 0, e.Name())
		} else {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// moveAside moves these from a folder into another one in it. Those that are gone were moved before.
func moveAside(dir, to string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if err := disk.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range names {
		from := filepath.Join(dir, name)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) || from == to {
			continue
		}
		if err := disk.Rename(from, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// forget puts the empty folder back as it was, and forgets what was done in the folder: with it goes its database, so
// that target was never set up, configured nor migrated to.
func forget(j *journal.Journal, dir string) error {
	if err := j.Unpack.RestoreEmpty(dir); err != nil {
		return err
	}
	j.FolderGone()
	j.Migrate = nil
	return j.Save()
}

// Some names the first of many files.
func Some(files []string) string {
	const some = 5
	if len(files) <= some {
		return strings.Join(files, ", ")
	}
	return strings.Join(files[:some], ", ") + fmt.Sprintf(" and %d more", len(files)-some)
}
