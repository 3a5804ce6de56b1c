package host

import (
	"os"
	"path/filepath"
)

// Contains reports whether path is the folder dir, or is or would be below it. It compares what the file system says is
// one folder, so that no link, other case or other name hides it. Path need not exist; of a folder that does not exist
// nothing can be said, and Contains is false.
func Contains(dir, path string) bool {
	of, err := os.Stat(dir)
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(Existing(path))
	if err != nil {
		return false
	}
	for {
		if info, err := os.Stat(real); err == nil && os.SameFile(info, of) {
			return true
		}
		up := filepath.Dir(real)
		if up == real {
			return false
		}
		real = up
	}
}

// Existing is path, absolute, or the nearest folder above it that exists.
func Existing(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for {
		if _, err := os.Lstat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}
