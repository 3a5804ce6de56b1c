package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Undo restores the file that the copy replaced, with its mode, owner and dates,
// or removes the file that it created. It also undoes a copy of which only the
// intent is known, and may be called twice. A file or a backup that was changed
// since the copy is kept and is [ErrChangedSince]; one that was only rewritten
// with the same entries was not changed.
func (c Changes) Undo() error { return c.UndoIn(nil) }

// UndoIn is Undo of a copy with [CopyOptions.In]: it reads and changes only files
// of that folder.
func (c Changes) UndoIn(folder *os.Root) error { return c.undo(disk.In(folder)) }

func (c Changes) undo(in *disk.Tree) error {
	now, err := c.sumNow(in)
	if err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	if c.Backup == "" {
		switch now {
		case "":
			return nil
		case c.SHA256:
			return errors.Join(in.Remove(c.Path), in.Sync(filepath.Dir(c.Path)))
		}
		return fmt.Errorf("removing %s: %w", c.Path, ErrChangedSince)
	}
	_, kept, err := readSum(in, c.Backup)
	if err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	before := c.Before
	if before == "" {
		before = kept // by an older release, which did not write it down
	}
	switch {
	case kept == "" && now != "" && (now == before || before == "" && now != c.SHA256):
		return nil // put back already, or never replaced
	case kept == "":
		return fmt.Errorf("putting back %s: the file that it was, %s: %w", c.Path, c.Backup, fs.ErrNotExist)
	case kept != before && now == before:
		// The copy was killed while it wrote the backup.
		return in.Remove(c.Backup)
	case kept != before:
		return fmt.Errorf("putting back %s: the file that it was, %s: %w", c.Path, c.Backup, ErrChangedSince)
	case now != "" && now != c.SHA256 && now != before:
		return fmt.Errorf("putting back %s: %w; the file that it was is %s", c.Path, ErrChangedSince, c.Backup)
	}
	if err := c.putBack(in); err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	return nil
}

// putBack renames the backup, which restores all metadata; across file systems it
// writes the content and removes the backup.
func (c Changes) putBack(in *disk.Tree) error {
	path := c.Path
	if real, err := in.Real(path); err == nil {
		path = real
	}
	now, err := in.Stat(path)
	kept, keptErr := in.Stat(c.Backup)
	if err == nil && keptErr == nil && os.SameFile(now, kept) {
		// Two names of one file: the copy was killed before it replaced the
		// first. A rename would leave both.
		return errors.Join(in.Remove(c.Backup), in.Sync(filepath.Dir(c.Backup)))
	}
	if in.Rename(c.Backup, path) == nil {
		return errors.Join(in.Sync(filepath.Dir(path)), in.Sync(filepath.Dir(c.Backup)))
	}
	before, info, err := readBounded(in, c.Backup)
	if err != nil {
		return err
	}
	if err := replaceFile(in, path, before, info.Mode(), info, true); err != nil {
		return err
	}
	if err := in.Chtimes(path, info.ModTime()); err != nil {
		return err
	}
	return in.Remove(c.Backup)
}

// readSum returns the content of a file and its SHA-256, "" if there is no file.
func readSum(in *disk.Tree, path string) (content []byte, sum string, err error) {
	content, _, err = readBounded(in, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", nil
	case err != nil:
		return nil, "", err
	}
	return content, sumOf(content), nil
}
