package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Foreign are the files below dir, by sorted slash path, that the package did not
// bring as they are.
func (n *Unpack) Foreign(ctx context.Context, dir string) ([]string, error) {
	var out []string
	err := walkFiles(dir, func(path, rel string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		was, ok := n.Files[rel]
		if ok && info.Mode() == was.Mode && info.Size() == was.Size {
			sum, err := SumOf(path)
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

// ListFiles says of every file below dir what it is, by its slash path.
func ListFiles(dir string) (map[string]File, error) {
	files := map[string]File{}
	err := walkFiles(dir, func(path, rel string, info fs.FileInfo) error {
		sum, err := SumOf(path)
		files[rel] = File{Size: info.Size(), Mode: info.Mode(), SHA256: sum}
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

// SumOf is the SHA-256 of a regular file in hexadecimal, "" of anything else.
func SumOf(path string) (string, error) {
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

// RestoreEmpty puts back the empty folder that was there before, if there was
// one.
func (n *Unpack) RestoreEmpty(dir string) error {
	was := n.Empty
	if was == nil {
		return nil
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := disk.Mkdir(dir, was.Mode); err != nil {
			return err
		}
	} else if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return err
	}
	return errors.Join(disk.Chmod(dir, was.Mode), disk.Chtimes(dir, was.ModTime), disk.Sync(filepath.Dir(dir)))
}
