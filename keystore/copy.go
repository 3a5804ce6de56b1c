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
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
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
	// Intent, unless nil, is called with what will be done before any of it
	// is, once nothing refuses the copy any more: whoever writes it down can
	// undo a copy that was killed at any point. Its error refuses the copy.
	Intent func(Changes) error
}

// Changes say what was done to a store, enough to undo it.
type Changes struct {
	Path string `json:"path"`
	// Backup is the file that Path was before, "" where there was none.
	Backup string `json:"backup,omitempty"`
	// Before is the SHA-256 of what Path was before, in hex.
	Before string `json:"before,omitempty"`
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
	if old, err := os.Stat(dst); err == nil && os.SameFile(info, old) {
		return c, fmt.Errorf("copying %s: %w", src, ErrSameFile)
	}
	return put(content, info, src, dst, o)
}

// CopyBytes is [Copy] of a store that is no file: one that was merged, or
// carried here in a file of another kind. Where dst is not there yet it can be
// read by its owner only.
func CopyBytes(content []byte, dst string, o CopyOptions) (Changes, error) {
	return put(content, nil, "a store", dst, o)
}

// put replaces dst by content; info is that of the file it comes from, or nil.
func put(content []byte, info fs.FileInfo, src, dst string, o CopyOptions) (Changes, error) {
	c := Changes{Path: dst}
	var from *Store
	var err error
	if !o.Password.IsZero() {
		if from, err = Decode(bytes.NewReader(content), o.Password, WithKeyPassword(o.KeyPassword)); err != nil {
			return c, fmt.Errorf("copying %s: %w", src, err)
		}
	}
	old, oldInfo, err := readBounded(dst)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("copying to %s: %w", dst, err)
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
	c.SHA256 = sumOf(content)
	like := info
	if exists {
		like, c.Before, c.Backup = oldInfo, sumOf(old), freeName(dst, o.Now)
	}
	if o.Intent != nil {
		if err := o.Intent(c); err != nil {
			return c, fmt.Errorf("copying to %s: %w", dst, err)
		}
	}
	if exists {
		if err := backUp(dst, c.Backup, old, oldInfo); err != nil {
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
	keys := Differences{Same: []string{}, OnlyA: []string{}, OnlyB: []string{}, Changed: []string{}}
	for e := range to.Entries() {
		if e.Kind == TrustedCertificate {
			continue
		}
		var f Entry
		ok := false
		if from != nil {
			f, ok = from.Entry(e.Alias)
		}
		if !ok {
			keys.OnlyB = append(keys.OnlyB, e.Alias)
			continue
		}
		// A key that does not open may be another one.
		if same, err := sameEntry(f, from.passwordOf(f), e, to.passwordOf(e)); err == nil && same {
			keys.Same = append(keys.Same, e.Alias)
		} else {
			keys.Changed = append(keys.Changed, e.Alias)
		}
	}
	lost := slices.Concat(keys.Changed, keys.OnlyB)
	if len(lost) == 0 {
		return nil
	}
	if from != nil {
		for e := range from.Entries() {
			if _, ok := to.Entry(e.Alias); !ok && e.Kind != TrustedCertificate {
				keys.OnlyA = append(keys.OnlyA, e.Alias)
			}
		}
	}
	for _, l := range [][]string{lost, keys.Same, keys.OnlyA, keys.OnlyB, keys.Changed} {
		slices.Sort(l)
	}
	return &ConflictError{Aliases: lost, Keys: keys}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// freeName is the dated name under which a file is kept, and that is not taken.
func freeName(path string, now func() time.Time) string {
	if now == nil {
		now = time.Now
	}
	base := path + ".backup-" + now().Format("20060102-150405")
	name := base
	for i := 2; i < 1000; i++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}

// backUp keeps a file under a second name: as a link, which is there at once
// and has everything that the file had; on a file system without links, or
// where path is a link that leads elsewhere, as a copy with mode, owner and
// dates.
func backUp(path, name string, content []byte, info fs.FileInfo) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	err = disk.Link(real, name)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		if err := replaceFile(name, content, info); err != nil {
			return err
		}
		if err := os.Chtimes(name, time.Time{}, info.ModTime()); err != nil {
			return err
		}
	}
	return disk.Sync(filepath.Dir(name))
}

// replaceFile writes a file whole or not at all; where path is a link, the file
// that it leads to.
func replaceFile(path string, content []byte, like fs.FileInfo) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o600)
	if like != nil {
		mode = like.Mode().Perm()
	}
	return disk.Write(path, content, mode, func(f *os.File) error { return keepOwner(f, like) })
}

// Undo puts back what the copy replaced, with its mode, owner and dates, or
// removes what it made. It undoes a copy of which only the intent is known
// just as well, and doing it twice does no harm. A file that was changed since
// is left alone, with [ErrChangedSince]; so is a backup that was.
func (c Changes) Undo() error {
	if c.Path == "" {
		return errors.New("undoing a merge: it changed a store in memory and no file; undo the copy that wrote it")
	}
	now, err := sumOfFile(c.Path)
	if err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	if c.Backup == "" {
		switch now {
		case "":
			return nil
		case c.SHA256:
			return errors.Join(disk.Remove(c.Path), disk.Sync(filepath.Dir(c.Path)))
		}
		return fmt.Errorf("removing %s: %w", c.Path, ErrChangedSince)
	}
	kept, err := sumOfFile(c.Backup)
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
		return disk.Remove(c.Backup)
	case kept != before:
		return fmt.Errorf("putting back %s: the file that it was, %s: %w", c.Path, c.Backup, ErrChangedSince)
	case now != "" && now != c.SHA256 && now != before:
		return fmt.Errorf("putting back %s: %w; the file that it was is %s", c.Path, ErrChangedSince, c.Backup)
	}
	if err := c.putBack(); err != nil {
		return fmt.Errorf("putting back %s: %w", c.Path, err)
	}
	return nil
}

// putBack renames the backup, which brings back everything at once; across
// file systems its content is written, and then it is removed.
func (c Changes) putBack() error {
	path := c.Path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	now, err := os.Stat(path)
	kept, keptErr := os.Stat(c.Backup)
	if err == nil && keptErr == nil && os.SameFile(now, kept) {
		// Two names of one file: the copy was killed before it replaced the
		// first. A rename would leave both.
		return errors.Join(disk.Remove(c.Backup), disk.Sync(filepath.Dir(c.Backup)))
	}
	if disk.Rename(c.Backup, path) == nil {
		return errors.Join(disk.Sync(filepath.Dir(path)), disk.Sync(filepath.Dir(c.Backup)))
	}
	before, info, err := readBounded(c.Backup)
	if err != nil {
		return err
	}
	if err := replaceFile(path, before, info); err != nil {
		return err
	}
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
		return err
	}
	return disk.Remove(c.Backup)
}

// sumOfFile is "" where there is no file.
func sumOfFile(path string) (string, error) {
	content, _, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return sumOf(content), nil
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
