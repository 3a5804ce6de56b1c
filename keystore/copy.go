package keystore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Errors of [Copy] and [Changes.Undo].
var (
	// ErrConflict: see [ConflictError].
	ErrConflict = errors.New("different entries under the same alias, or keys that would be lost")
	// ErrSameFile: source and destination are one file.
	ErrSameFile = errors.New("source and destination are the same file")
	// ErrInUse: a server has the destination open, says CopyOptions.InUse.
	ErrInUse = errors.New("the destination is in use")
	// ErrChangedSince: the file is not what the copy made of it.
	ErrChangedSince = errors.New("the file was changed since it was copied")
)

// CopyOptions say how [Copy] copies.
type CopyOptions struct {
	// Password opens both stores: the source is proved to be whole before
	// anything is written. Zero: the bytes are copied without that proof.
	Password Password
	// KeyPassword is the keys' when it differs.
	KeyPassword Password
	// InUse is asked about the destination; its error refuses the copy.
	InUse func(path string) error
	// Replace a destination that holds keys which the source does not. Else
	// that is a [*ConflictError].
	Replace bool
	// Now dates the backup; nil: time.Now.
	Now func() time.Time
}

// Changes say what was done to a store, enough to undo it.
type Changes struct {
	Path string `json:"path"`
	// Backup is the file that Path was before, "" where there was none.
	Backup string `json:"backup,omitempty"`
	// SHA256 of the new content, in hex.
	SHA256 string `json:"sha256"`
	// Added and Replaced are aliases, of a [Merge].
	Added    []string `json:"added,omitempty"`
	Replaced []string `json:"replaced,omitempty"`
}

// Copy replaces the store dst by src: whole or not at all, on the disk when it
// returns, with mode and owner of the file that was there (else those of src).
// What was there is kept beside it as NAME.backup-YYYYMMDD-HHMMSS. Errors match
// [ErrSameFile], [ErrInUse], [ErrConflict], those of [Open] for src, or are the
// file system's.
func Copy(src, dst string, o CopyOptions) (Changes, error) {
	c := Changes{Path: dst}
	content, info, err := readBounded(src)
	if err != nil {
		return c, fmt.Errorf("copying %s: %w", src, err)
	}
	var from *Store
	if !o.Password.IsZero() {
		if from, err = Decode(bytes.NewReader(content), o.Password, WithKeyPassword(o.KeyPassword)); err != nil {
			return c, fmt.Errorf("copying %s: %w", src, err)
		}
	}
	old, err := os.Stat(dst)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("copying to %s: %w", dst, err)
	}
	if exists && os.SameFile(info, old) {
		return c, fmt.Errorf("copying %s: %w", src, ErrSameFile)
	}
	if o.InUse != nil {
		if err := o.InUse(dst); err != nil {
			return c, fmt.Errorf("copying to %s: %w: %w", dst, ErrInUse, err)
		}
	}
	if exists && !o.Replace {
		if err := refuseLoss(from, dst, o); err != nil {
			return c, fmt.Errorf("copying to %s: %w", dst, err)
		}
	}
	sum := sha256.Sum256(content)
	c.SHA256 = hex.EncodeToString(sum[:])
	like := info
	if exists {
		like = old
		if c.Backup, err = backUp(dst, o.Now); err != nil {
			return c, fmt.Errorf("keeping %s: %w", dst, err)
		}
	}
	if err := replaceFile(dst, content, like); err != nil {
		return c, fmt.Errorf("copying to %s: %w", dst, err)
	}
	return c, nil
}

func readBounded(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, defaultLimit+1))
	if err == nil && len(content) > defaultLimit {
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, defaultLimit)
	}
	return content, info, err
}

// refuseLoss names the keys that only the destination has.
func refuseLoss(from *Store, dst string, o CopyOptions) error {
	to, err := Open(dst, o.Password, WithKeyPassword(o.KeyPassword))
	if err != nil {
		return fmt.Errorf("what is there cannot be read, so what would be lost is not known: %w", err)
	}
	var lost []string
	for e := range to.Entries() {
		if e.Kind == TrustedCertificate {
			continue
		}
		if from != nil {
			if f, ok := from.Entry(e.Alias); ok {
				if same, err := sameEntry(f, from.passwordOf(f), e, to.passwordOf(e)); err == nil && same {
					continue
				}
			}
		}
		lost = append(lost, e.Alias)
	}
	if len(lost) > 0 {
		return &ConflictError{Aliases: lost}
	}
	return nil
}

// backUp keeps a file under a dated name that is not taken.
func backUp(path string, now func() time.Time) (string, error) {
	if now == nil {
		now = time.Now
	}
	content, info, err := readBounded(path)
	if err != nil {
		return "", err
	}
	base := path + ".backup-" + now().Format("20060102-150405")
	for i := 1; ; i++ {
		name := base
		if i > 1 {
			name = fmt.Sprintf("%s-%d", base, i)
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && i < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(content)
		err = errors.Join(err, f.Chmod(info.Mode().Perm()), keepOwner(f, info), f.Sync(), f.Close())
		if err == nil {
			err = syncFolder(filepath.Dir(name))
		}
		if err != nil {
			os.Remove(name)
			return "", err
		}
		return name, nil
	}
}

// replaceFile writes a file whole or not at all; where path is a link, the file
// that it leads to.
func replaceFile(path string, content []byte, like fs.FileInfo) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".tmp*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	mode := fs.FileMode(0o600)
	if like != nil {
		mode = like.Mode().Perm()
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), keepOwner(f, like), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes a rename durable. Windows cannot, and need not.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && os.PathSeparator == '/' {
		return err
	}
	return nil
}

// Undo puts back what the copy replaced, or removes what it made. A file that
// was changed since is left alone, with [ErrChangedSince]; doing it twice does
// no harm.
func (c Changes) Undo() error {
	content, info, err := readBounded(c.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	sum := sha256.Sum256(content)
	isOurs := info != nil && hex.EncodeToString(sum[:]) == c.SHA256
	if c.Backup == "" {
		switch {
		case info == nil:
			return nil
		case !isOurs:
			return fmt.Errorf("removing %s: %w", c.Path, ErrChangedSince)
		}
		if err := os.Remove(c.Path); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(c.Path))
	}
	before, beforeInfo, err := readBounded(c.Backup)
	if errors.Is(err, fs.ErrNotExist) && info != nil && !isOurs {
		return nil // put back already
	}
	if err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	if info != nil && !isOurs && !bytes.Equal(content, before) {
		return fmt.Errorf("putting back %s: %w; the file that it was is %s", c.Path, ErrChangedSince, c.Backup)
	}
	if err := replaceFile(c.Path, before, beforeInfo); err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	return os.Remove(c.Backup)
}

// WriteFile writes a JCEKS or JKS store whole or not at all; the mode of a file
// that is there is kept, a new one can be read by its owner only.
func WriteFile(path string, s *Store, password Password) error {
	var b bytes.Buffer
	if err := s.Encode(&b, password); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	like, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err != nil {
		like = nil
	}
	if err := replaceFile(path, b.Bytes(), like); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
