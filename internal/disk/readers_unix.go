//go:build unix

package disk

import (
	"os"
	"path/filepath"
)

// Readers says who may read a file beyond its owner, its group and the administrators, such as "everyone"; "" if
// nobody. On Unix it reads the permission bits of the file and of the folders that lead to it, and no ACLs.
func Readers(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o004 == 0 {
		return "", err
	}
	if path, err = filepath.Abs(path); err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "everyone", nil
		}
	}
}
