package idconnect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/archive"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/internal/disk"
)

func doUnpack(ctx context.Context, r *run) (string, error) {
	n := &unpackNote{note: begin()}
	if old := r.journal.Unpack; old != nil && old.open() {
		n.Empty = old.Empty
	}
	if info, err := os.Stat(r.u.TargetDir); err == nil && info.IsDir() {
		n.Empty = &folderNote{info.Mode().Perm(), info.ModTime()}
	}
	r.journal.Unpack = n
	// There is no folder: what was done in one that is gone is no longer done,
	// and cannot be undone. Whether a migration is, its database says.
	r.journal.Stores, r.journal.Setup, r.journal.Configure = nil, nil, nil
	if err := r.journal.save(); err != nil {
		return "", err
	}
	err := archive.Unpack(ctx, r.u.Package, r.u.TargetDir, func(done, total int64) {
		r.emit(Event{Kind: EventProgress, Step: StepUnpack, Done: done, Total: total, Unit: "bytes"})
	}, func(temp string) error {
		// What will be there is known before it is: a run that is killed right
		// after the rename can still be taken back.
		files, err := listFiles(temp)
		if err != nil {
			return err
		}
		n.Files = files
		return r.journal.save()
	})
	if err != nil {
		return "", err
	}
	n.end()
	return fmt.Sprintf("%d files in %s", len(n.Files), r.u.TargetDir), r.journal.save()
}

// settleUnpack finds out what became of an unpacking that was killed: the
// folder was renamed when it was whole, or it was not.
func (r *run) settleUnpack() error {
	n := r.journal.Unpack
	if n == nil {
		return nil
	}
	temp := archive.TempDir(r.u.TargetDir)
	if n.ended() {
		return nil
	}
	_, err := os.Lstat(temp)
	if errors.Is(err, fs.ErrNotExist) && n.Files != nil && isInstallation(r.u.TargetDir) {
		n.end()
		return r.journal.save()
	}
	// The note stays, for the empty folder that may have been there.
	return disk.RemoveAll(temp)
}

// undoUnpack removes the folder when it holds nothing but what the package
// brought, and puts the empty folder back that may have been there. Else it
// says what is there besides, and removes that too only when told to.
func undoUnpack(ctx context.Context, r *run) (string, error) {
	n := r.journal.Unpack
	if n == nil {
		return "this program did not unpack it", nil
	}
	dir := filepath.Clean(r.u.TargetDir)
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
	case n.open():
		// Nothing was renamed to it: what is there is somebody else's, or the
		// empty folder that was there before.
		detail = "nothing was unpacked to " + dir
	default:
		foreign, err := n.foreign(ctx, dir)
		if err != nil {
			return "", err
		}
		if len(foreign) > 0 {
			if !r.u.RemoveAdded {
				return "", &AddedError{Dir: dir, Files: foreign}
			}
			detail += ", with " + text.Plural(len(foreign), "file") + " added or changed since: " + someOf(foreign)
		}
		// Out of the way at once, so that a removal that is killed leaves no
		// folder that looks like an installation.
		if err := errors.Join(disk.Rename(dir, aside), disk.Sync(filepath.Dir(dir)), disk.RemoveAll(aside)); err != nil {
			return "", err
		}
	}
	if err := n.restoreEmpty(dir); err != nil {
		return "", err
	}
	r.journal.Unpack = nil
	// With the folder goes its database: that target was never set up,
	// configured nor migrated to.
	r.journal.Setup, r.journal.Configure, r.journal.Migrate = nil, nil, nil
	return detail, r.journal.save()
}

func (n *unpackNote) restoreEmpty(dir string) error {
	if n.Empty == nil {
		return nil
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := disk.Mkdir(dir, n.Empty.Mode); err != nil {
			return err
		}
	} else if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return err
	}
	return errors.Join(disk.Chmod(dir, n.Empty.Mode), disk.Chtimes(dir, n.Empty.ModTime), disk.Sync(filepath.Dir(dir)))
}

// AddedError says that a folder which was unpacked holds files that the
// package did not bring, or brought otherwise.
type AddedError struct {
	Dir string
	// Files are their slash paths below Dir, sorted.
	Files []string
}

func (e *AddedError) Error() string {
	return fmt.Sprintf("%s holds %s added or changed since it was unpacked (%s): it is left alone", e.Dir, text.Plural(len(e.Files), "file"), someOf(e.Files))
}

// Remedy says what to do.
func (e *AddedError) Remedy() string {
	return "look at these files; when nothing in them is needed, say that they go too (-remove-added), or remove the folder yourself"
}

func someOf(files []string) string {
	const some = 5
	if len(files) <= some {
		return strings.Join(files, ", ")
	}
	return strings.Join(files[:some], ", ") + fmt.Sprintf(" and %d more", len(files)-some)
}

// foreign are the files below dir that the package did not bring as they are.
func (n *unpackNote) foreign(ctx context.Context, dir string) ([]string, error) {
	var out []string
	err := walkFiles(dir, func(path, rel string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		was, ok := n.Files[rel]
		if ok && info.Mode() == was.Mode && info.Size() == was.Size {
			sum, err := sumOfFile(path)
			if err != nil {
				return err
			}
			if sum == was.SHA256 {
				return nil
			}
		}
		out = append(out, rel)
		return nil
	})
	slices.Sort(out)
	return out, err
}

// listFiles says of every file below dir what it is, by its slash path.
func listFiles(dir string) (map[string]fileNote, error) {
	files := map[string]fileNote{}
	err := walkFiles(dir, func(path, rel string, info fs.FileInfo) error {
		sum, err := sumOfFile(path)
		files[rel] = fileNote{info.Size(), info.Mode(), sum}
		return err
	})
	return files, err
}

func walkFiles(dir string, each func(path, rel string, info fs.FileInfo) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return each(path, filepath.ToSlash(rel), info)
	})
}

func sumOfFile(path string) (string, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
