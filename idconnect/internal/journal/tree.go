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
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Foreign are the files and empty folders below dir, by sorted slash path, that the package did not bring as they are.
// The path of a folder ends in a slash.
func (n *Unpack) Foreign(ctx context.Context, dir string) ([]string, error) {
	folders := n.folders()
	var out []string
	err := walk(dir, func(path, rel string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if info.IsDir() {
			if folders == nil || folders[rel] {
				return nil
			}
			entries, err := os.ReadDir(path)
			if len(entries) == 0 {
				out = append(out, rel)
			}
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

// folders are those that the package brought, nil where an older release did not write them down.
func (n *Unpack) folders() map[string]bool {
	out, listed := map[string]bool{}, false
	for rel := range n.Files {
		listed = listed || strings.HasSuffix(rel, "/")
		for i, c := range rel {
			if c == '/' {
				out[rel[:i+1]] = true
			}
		}
	}
	if !listed {
		return nil
	}
	return out
}

// IsOurs reports whether a folder with these entries holds only what this program unpacks or removes there, by an
// action whose outcome is not known.
func (n *Unpack) IsOurs(entries []fs.DirEntry) bool {
	if n == nil || !n.Removing && (n.IsEnded() || n.Empty == nil) {
		return false
	}
	if n.Removing && n.Empty == nil {
		return true
	}
	return !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		name := e.Name()
		return name != n.Temp && name != n.Aside && !slices.Contains(n.Going, name) && !n.Brought(name)
	})
}

// Brought reports whether the package brought a file or folder of this name.
func (n *Unpack) Brought(name string) bool {
	for rel := range n.Files {
		if top, _, _ := strings.Cut(rel, "/"); top == name {
			return true
		}
	}
	return false
}

// ListFiles says of every file and folder below dir what it is, by its slash path.
func ListFiles(dir string) (map[string]File, error) {
	files := map[string]File{}
	err := walk(dir, func(path, rel string, info fs.FileInfo) error {
		if info.IsDir() {
			files[rel] = File{Mode: info.Mode()}
			return nil
		}
		sum, err := SumOf(path)
		files[rel] = File{Size: info.Size(), Mode: info.Mode(), SHA256: sum}
		return err
	})
	return files, err
}

// walk calls each for whatever is below dir, which may be a link.
func walk(dir string, each func(path, rel string, info fs.FileInfo) error) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
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
		if rel = filepath.ToSlash(rel); d.IsDir() {
			rel += "/"
		}
		return each(path, rel, info)
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
