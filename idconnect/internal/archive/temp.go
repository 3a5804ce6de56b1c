package archive

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

// The kinds of folders that come and go with an installation.
const (
	Unpacking = ".unpacking" // a package is unpacked there first
	Removing  = ".removing"  // what is removed goes there first
)

// TempDir is a new folder of a kind: in dir, or beside it. Its name is random, so that nobody else has such a folder,
// and what has the name is ours. Whoever makes the folder writes its name down before, so that a later run finds what
// an interrupted one left.
func TempDir(dir, kind string, inside bool) string {
	name := fmt.Sprintf("%s-%08x", kind, rand.Uint32())
	if inside {
		return filepath.Join(dir, name)
	}
	return filepath.Clean(dir) + name
}

// Claimed is the folder of a kind with the base name that was written down, and false if TempDir makes no such name.
func Claimed(dir, kind, name string) (path string, ok bool) {
	dir = filepath.Clean(dir)
	at := dir
	number, ok := strings.CutPrefix(name, kind+"-")
	if !ok {
		at = filepath.Dir(dir)
		number, ok = strings.CutPrefix(name, filepath.Base(dir)+kind+"-")
	}
	if !ok || len(number) != 8 || strings.Trim(number, "0123456789abcdef") != "" {
		return "", false
	}
	return filepath.Join(at, name), true
}
