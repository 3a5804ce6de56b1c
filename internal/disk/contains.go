package disk

import (
	"os"
	"path/filepath"
)

// Contains reports whether path is dir, a folder or a file, or is or would be below it. It compares what the file
// system says is one folder, so that no link, other case or other name hides it. Path need not exist, and a link that
// leads nowhere is followed to where it would create something; of a dir that does not exist nothing can be said, and
// Contains is false.
func Contains(dir, path string) bool {
	of, err := os.Stat(dir)
	if err != nil {
		return false
	}
	real, err := resolve(path)
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

// maxLinks is how many links in a row resolve follows, as Linux does.
const maxLinks = 40

// resolve is the nearest thing that exists on the way to path, or to where a link that leads nowhere points.
func resolve(path string) (real string, err error) {
	for range maxLinks {
		at := Existing(path)
		if real, err = filepath.EvalSymlinks(at); err == nil {
			return real, nil
		}
		to, linkErr := os.Readlink(at)
		if linkErr != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			// A folder is a folder by any name, ".." of a link is not: resolve it first.
			above, err := filepath.EvalSymlinks(filepath.Dir(at))
			if err != nil {
				return "", err
			}
			to = filepath.Join(above, to)
		}
		path = to
	}
	return "", err
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
