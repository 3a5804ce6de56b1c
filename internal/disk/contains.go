package disk

import (
	"cmp"
	"fmt"
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
	real, err := Real(path)
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

// maxLinks is how many links in a row are followed, as Linux does.
const maxLinks = 40

// Real is path, absolute, with every link on it followed, one that leads nowhere yet, too. What does not exist, or
// cannot be looked at, stays as it is written.
func Real(path string) (string, error) {
	at, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for links, rest := 0, ""; links < maxLinks; {
		real, err := filepath.EvalSymlinks(at)
		if err == nil || filepath.Dir(at) == at {
			return filepath.Join(cmp.Or(real, at), rest), nil
		}
		to, err := os.Readlink(at)
		if err != nil {
			at, rest = filepath.Dir(at), filepath.Join(filepath.Base(at), rest)
			continue
		}
		if links++; !filepath.IsAbs(to) {
			// A folder is a folder by any name, ".." of a link is not: resolve it first.
			above, err := filepath.EvalSymlinks(filepath.Dir(at))
			if err != nil {
				return "", err
			}
			to = filepath.Join(above, to)
		}
		at = to
	}
	return "", fmt.Errorf("%s: too many links", path)
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
