package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
)

// folder is the target's, by its real path and as it was given; both are "" where it is not on this machine.
type folder struct{ real, given string }

func folderAt(path string) (f folder, err error) {
	if path == "" {
		return f, nil
	}
	if f.given, err = filepath.Abs(path); err == nil {
		f.real, err = disk.Real(f.given)
	}
	return f, err
}

// backupName is what a copy adds to the name of a store that it replaces.
var backupName = regexp.MustCompile(`^\.backup-\d{8}-\d{6}(-\d+)?$`)

// relative gives the changes with their paths relative to the folder. It is an error where resolve would refuse them.
func (f folder) relative(c keystore.Changes) (keystore.Changes, error) {
	if f.real == "" && !filepath.IsAbs(c.Path) {
		return c, nil // never resolved
	}
	checked, err := f.resolve(c, true)
	if err != nil {
		return c, err
	}
	c.Path = f.below(checked.Path)
	if c.Backup != "" {
		c.Backup = f.below(checked.Backup)
	}
	return c, nil
}

// below is the slash path of an absolute path below the folder, "" where it is not below it.
func (f folder) below(path string) string {
	for _, dir := range []string{f.given, f.real} {
		if rel, err := filepath.Rel(dir, path); err == nil && dir != "" && rel != "." && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return ""
}

// resolve gives the changes with absolute paths. It is the one place that decides where what is read from a journal may
// lie: a store below the target's folder, whatever links are in its path, and its backup beside it. Without the folder
// at hand nothing can be done to a store, and its relative path stays as it is.
func (f folder) resolve(c keystore.Changes, absolute bool) (keystore.Changes, error) {
	where := func(recorded string) (string, error) {
		path := filepath.FromSlash(recorded)
		if absolute && filepath.IsAbs(path) {
			path = filepath.FromSlash(f.below(filepath.Clean(path)))
		}
		switch {
		case path != "" && path != "." && filepath.IsLocal(path):
		case f.given == "":
			return "", fmt.Errorf("%q cannot be told to be below the target's folder, which is not given", recorded)
		default:
			return "", fmt.Errorf("%q is not below the target's folder %s", recorded, f.given)
		}
		if f.real == "" {
			return recorded, nil
		}
		path = filepath.Join(f.given, path)
		if _, err := os.Stat(f.real); err == nil && !disk.Contains(f.real, path) {
			return "", fmt.Errorf("%s leads out of the target's folder %s", path, f.real)
		}
		return path, nil
	}
	var err error
	if c.Path, err = where(c.Path); err != nil || c.Backup == "" {
		return c, err
	}
	backup, err := where(c.Backup)
	if err != nil {
		return c, err
	}
	if len(backup) <= len(c.Path) || backup[:len(c.Path)] != c.Path || !backupName.MatchString(backup[len(c.Path):]) {
		return c, fmt.Errorf("%q is not the name of a backup of %s", c.Backup, c.Path)
	}
	c.Backup = backup
	return c, nil
}
