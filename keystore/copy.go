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
	// ErrChangedSince: the file is not what the copy made of it, or, of a copy
	// itself, no longer what it was when the copy began.
	ErrChangedSince = errors.New("the file was changed meanwhile")
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
}

// Copy replaces the store dst by src: whole or not at all, on the disk when it
// returns, with mode and owner of the file that was there (else those of src).
// What was there is kept beside it as NAME.backup-YYYYMMDD-HHMMSS. Through a
// link the file that it leads to is replaced; other names of that file (hard
// links) keep what it was. Who may not keep the owner is refused. Errors match
// [ErrSameFile], [ErrInUse], [ErrConflict], [ErrChangedSince] where another copy
// was quicker, those of [Open] for src, or are the file system's.
func Copy(src, dst string, o CopyOptions) (Changes, error) {
	p, err := prepareFile(src, dst, o)
	if err == nil {
		err = p.carryOut()
	}
	return p.changes, err
}

// CopyBytes is [Copy] of a store that is no file: one that was merged, or
// carried here in a file of another kind. Where dst is not there yet it can be
// read by its owner only.
func CopyBytes(content []byte, dst string, o CopyOptions) (Changes, error) {
	p, err := prepare(content, nil, "a store", dst, o)
	if err == nil {
		err = p.carryOut()
	}
	return p.changes, err
}

// pending is a copy that nothing refuses and that is not begun.
type pending struct {
	changes      Changes
	content, old []byte
	like         fs.FileInfo // whose mode and owner the file gets, or nil
	oldInfo      fs.FileInfo // nil where there is no file
	intent       func(Changes) error
}

// prepareFile looks at everything that can refuse a copy; its result is never
// nil.
func prepareFile(src, dst string, o CopyOptions) (*pending, error) {
	p := &pending{changes: Changes{Path: dst}}
	content, info, err := readBounded(src)
	if err != nil {
		return p, fmt.Errorf("copying %s: %w", src, err)
	}
	if old, err := os.Stat(dst); err == nil && os.SameFile(info, old) {
		return p, fmt.Errorf("copying %s: %w", src, ErrSameFile)
	}
	return prepare(content, info, src, dst, o)
}

// prepare is for content, and the file that it comes from, or nil.
func prepare(content []byte, info fs.FileInfo, src, dst string, o CopyOptions) (*pending, error) {
	p := &pending{changes: Changes{Path: dst}, content: content, like: info, intent: o.Intent}
	var from *Store
	var err error
	if !o.Password.IsZero() {
		if from, err = Decode(bytes.NewReader(content), o.Password,
			WithKeyPassword(o.KeyPassword)); err != nil {
			return p, fmt.Errorf("copying %s: %w", src, err)
		}
	}
	old, oldInfo, err := readBounded(dst)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("copying to %s: %w", dst, err)
	}
	if _, err := os.Lstat(dst); err == nil && !exists {
		return p, fmt.Errorf("copying to %s: a link that leads nowhere: %w", dst, fs.ErrNotExist)
	}
	folder, err := os.Stat(filepath.Dir(dst))
	if err != nil {
		return p, fmt.Errorf("copying to %s: its folder: %w", dst, err)
	}
	if !folder.IsDir() {
		return p, fmt.Errorf("copying to %s: %s is no folder", dst, filepath.Dir(dst))
	}
	if o.InUse != nil {
		if err := o.InUse(dst); err != nil {
			return p, fmt.Errorf("copying to %s: %w: %w", dst, ErrInUse, err)
		}
	}
	if exists && !o.Replace {
		if err := refuseLoss(from, dst, o); err != nil {
			return p, fmt.Errorf("copying to %s: %w", dst, err)
		}
	}
	p.changes.SHA256 = sumOf(content)
	if exists {
		p.old, p.oldInfo, p.like = old, oldInfo, oldInfo
		p.changes.Before, p.changes.Backup = sumOf(old), freeName(dst, o.Now)
	}
	return p, nil
}

func (p *pending) carryOut() error {
	c := p.changes
	if p.intent != nil {
		if err := p.intent(c); err != nil {
			return fmt.Errorf("copying to %s: %w", c.Path, err)
		}
	}
	if p.oldInfo != nil {
		if err := backUp(c.Path, c.Backup, p.old, p.oldInfo); err != nil {
			return fmt.Errorf("keeping %s: %w", c.Path, err)
		}
	}
	if err := p.unchanged(); err != nil {
		return fmt.Errorf("copying to %s: %w", c.Path, err)
	}
	if err := replaceFile(c.Path, p.content, p.like, p.oldInfo != nil); err != nil {
		return errors.Join(fmt.Errorf("copying to %s: %w", c.Path, err), p.takeBack())
	}
	return nil
}

// takeBack leaves nothing of a copy that failed. Where another one was quicker
// there is nothing of ours but the backup.
func (p *pending) takeBack() error {
	c := p.changes
	now, err := sumOfFile(c.Path)
	if err == nil && now != "" && now != c.SHA256 && c.Backup != "" {
		return disk.Remove(c.Backup)
	}
	return c.Undo()
}

// unchanged makes sure that what is about to be replaced, and what is kept of
// it, is still what was looked at: another copy may have been quicker. Between
// this and the rename nothing but a lock could keep it so.
func (p *pending) unchanged() error {
	c := p.changes
	now, err := sumOfFile(c.Path)
	kept := c.Before
	if err == nil && c.Backup != "" {
		kept, err = sumOfFile(c.Backup)
	}
	if err == nil && (now != c.Before || kept != c.Before) {
		err = fmt.Errorf("%w: another one was quicker", ErrChangedSince)
	}
	if err != nil && c.Backup != "" {
		err = errors.Join(err, disk.Remove(c.Backup)) // a second name, or a copy
	}
	return err
}

func readBounded(path string) ([]byte, fs.FileInfo, error) {
	f, err := openFile(path)
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
		if same, err := sameEntry(from, f, to, e); err == nil && same {
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
		if err := copyAside(name, content, info); err != nil {
			return err
		}
	}
	return disk.Sync(filepath.Dir(name))
}

// copyAside takes the name first: of two copies at once one must fail.
func copyAside(name string, content []byte, info fs.FileInfo) error {
	err := disk.Do("create", name, func() error {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		return f.Close()
	})
	if err != nil {
		return err
	}
	if err = replaceFile(name, content, info, true); err == nil {
		err = disk.Chtimes(name, info.ModTime())
	}
	if err != nil {
		return errors.Join(err, disk.Remove(name))
	}
	return nil
}

// replaceFile writes a file whole or not at all, with mode and owner of another,
// the owner where possible or else where it must; where path is a link, the
// file that it leads to.
func replaceFile(path string, content []byte, like fs.FileInfo, must bool) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o600)
	if like != nil {
		mode = like.Mode().Perm()
	}
	return disk.Write(path, content, mode, func(f *os.File) error { return keepOwner(f, like, must) })
}
