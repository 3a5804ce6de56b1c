package keystore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Errors of [Copy] and [Changes.Undo].
var (
	// ErrConflict is matched by a [ConflictError].
	ErrConflict = errors.New("different entries under the same alias, or keys that would be lost")
	// ErrSameFile means that source and destination are one file.
	ErrSameFile = errors.New("source and destination are the same file")
	// ErrInUse means that CopyOptions.InUse refused the destination.
	ErrInUse = errors.New("the destination is in use")
	// ErrChangedSince means that the file was changed since the copy, or, from a
	// copy itself, while it ran.
	ErrChangedSince = errors.New("the file was changed meanwhile")
)

// CopyOptions are the options of [Copy] and [CopyBytes].
type CopyOptions struct {
	// Password opens both stores, and the source's integrity is checked before
	// anything is written. Zero copies the bytes without an integrity check.
	Password Password
	// KeyPassword is the password of the keys, if it differs.
	KeyPassword Password
	// InUse is called with the destination; its error refuses the copy.
	InUse func(path string) error
	// Replace allows to replace a destination that has keys which the source
	// does not have. Without it they are a [*ConflictError].
	Replace bool
	// In, unless nil, is the folder that the destination must be below: no path and
	// no link that leads out of it is followed, neither for the destination nor for
	// its backup.
	In *os.Root
	// Like, unless nil, is the file that the content of [CopyBytes] was read from,
	// whose mode and owner count as those of src do in [Copy]. Without it nobody but
	// its owner can read the new file.
	Like fs.FileInfo
	// Now dates the backup; nil: time.Now.
	Now func() time.Time
	// Intent, unless nil, is called with the changes after all checks and before
	// the first write. A caller that stores them can undo a copy that was killed
	// at any point. Its error refuses the copy.
	Intent func(Changes) error
}

// LogValue gives what is set to a [slog.Logger], without passwords.
func (o CopyOptions) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Bool("replace", o.Replace)}
	if !o.Password.IsZero() {
		attrs = append(attrs, slog.Any("password", o.Password))
	}
	if !o.KeyPassword.IsZero() {
		attrs = append(attrs, slog.Any("keyPassword", o.KeyPassword))
	}
	return slog.GroupValue(attrs...)
}

// Changes describe a copy, with enough detail to undo it.
type Changes struct {
	Path string `json:"path"`
	// Backup is the path of the file that was replaced, "" if there was none.
	Backup string `json:"backup,omitempty"`
	// Before is the SHA-256 of the file that was replaced, in hex.
	Before string `json:"before,omitempty"`
	// SHA256 is that of the new content, in hex.
	SHA256 string `json:"sha256"`
	// Entries are the fingerprints of the new content's entries by alias: no key can be had from one. A server rewrites
	// its stores with the same entries, which is no change to [Changes.Undo]. It is nil for PKCS#12.
	Entries map[string]string `json:"entries,omitempty"`
}

// Copy replaces the store dst by src, completely or not at all. The new file is
// synced to the disk when Copy returns, and has mode and owner of the file that
// it replaces, else those of src; an owner that cannot be kept is an error. What
// src does not allow to the group or others is not allowed by the new file. The
// old file is kept beside it as NAME.backup-YYYYMMDD-HHMMSS. Copy follows a
// symbolic link; other hard links keep the old content. Errors match
// [ErrSameFile], [ErrInUse], [ErrConflict], [ErrChangedSince] if another copy ran
// at the same time, those of [Open] for src, or wrap those of the file system.
func Copy(src, dst string, o CopyOptions) (Changes, error) {
	content, info, err := readBounded(nil, src)
	if err != nil {
		return Changes{Path: dst}, fmt.Errorf("copying %s: %w", src, err)
	}
	o.Like = info
	return replaceBy(content, src, dst, o)
}

// CopyBytes replaces the store dst by content, as [Copy] does with a file: for a
// store that was read before, merged, or carried in an archive. Errors are those
// of [Copy].
func CopyBytes(content []byte, dst string, o CopyOptions) (Changes, error) {
	return replaceBy(content, "a store", dst, o)
}

// replaceBy copies content, which errors call src.
func replaceBy(content []byte, src, dst string, o CopyOptions) (Changes, error) {
	p, err := prepare(content, src, dst, o)
	if err == nil {
		err = p.carryOut()
	}
	return p.changes, err
}

// pending is a copy that has passed its checks and has not begun.
type pending struct {
	changes      Changes
	content, old []byte
	like         fs.FileInfo // whose owner the file gets, or nil
	mode         fs.FileMode
	in           *disk.Tree
	oldInfo      fs.FileInfo // nil where there is no file
	intent       func(Changes) error
}

// prepare makes all checks. Its result is never nil.
func prepare(content []byte, src, dst string, o CopyOptions) (*pending, error) {
	in, info := disk.In(o.In), o.Like
	p := &pending{changes: Changes{Path: dst}, content: content, like: info, intent: o.Intent, in: in}
	var from *Store
	var err error
	if !o.Password.IsZero() {
		if from, err = Decode(bytes.NewReader(content), o.Password,
			WithKeyPassword(o.KeyPassword)); err != nil {
			return p, fmt.Errorf("copying %s: %w", src, err)
		}
	}
	old, oldInfo, err := readBounded(in, dst)
	exists := err == nil
	if exists && info != nil && os.SameFile(info, oldInfo) {
		return p, fmt.Errorf("copying %s: %w", src, ErrSameFile)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("copying to %s: %w", dst, err)
	}
	if _, err := in.Lstat(dst); err == nil && !exists {
		return p, fmt.Errorf("copying to %s: a link that leads nowhere: %w", dst, fs.ErrNotExist)
	}
	if err := in.IsDir(filepath.Dir(dst)); err != nil {
		return p, fmt.Errorf("copying to %s: its folder: %w", dst, err)
	}
	if o.InUse != nil {
		if err := o.InUse(dst); err != nil {
			return p, fmt.Errorf("copying to %s: %w: %w", dst, ErrInUse, err)
		}
	}
	if exists && !o.Replace {
		if err := refuseLoss(from, old, o); err != nil {
			return p, fmt.Errorf("copying to %s: %w", dst, err)
		}
	}
	p.changes.SHA256, p.changes.Entries = sumOf(content), fingerprints(content)
	p.mode = 0o600
	if info != nil {
		p.mode = info.Mode().Perm()
	}
	if exists {
		p.old, p.oldInfo, p.like = old, oldInfo, oldInfo
		p.mode = oldInfo.Mode().Perm() & (p.mode | 0o600)
		p.changes.Before, p.changes.Backup = sumOf(old), freeName(in, dst, o.Now)
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
		if err := backUp(p.in, c.Path, c.Backup, p.old, p.oldInfo); err != nil {
			return fmt.Errorf("keeping %s: %w", c.Path, err)
		}
	}
	if err := p.unchanged(); err != nil {
		return fmt.Errorf("copying to %s: %w", c.Path, err)
	}
	if err := replaceFile(p.in, c.Path, p.content, p.mode, p.like, p.oldInfo != nil); err != nil {
		return errors.Join(fmt.Errorf("copying to %s: %w", c.Path, err), p.takeBack())
	}
	return nil
}

// takeBack removes all traces of a failed copy. Where another copy has replaced
// the file, only the backup is ours.
func (p *pending) takeBack() error {
	c := p.changes
	_, now, err := readSum(p.in, c.Path)
	if err == nil && now != "" && now != c.SHA256 && c.Backup != "" {
		return p.in.Remove(c.Backup)
	}
	return c.undo(p.in)
}

// unchanged checks that the file and its backup are still what prepare read:
// another copy may run at the same time. Only a lock could rule that out until
// the rename.
func (p *pending) unchanged() error {
	c := p.changes
	_, now, err := readSum(p.in, c.Path)
	kept := c.Before
	if err == nil && c.Backup != "" {
		_, kept, err = readSum(p.in, c.Backup)
	}
	if err == nil && (now != c.Before || kept != c.Before) {
		err = fmt.Errorf("%w: another one was quicker", ErrChangedSince)
	}
	if err != nil && c.Backup != "" {
		err = errors.Join(err, p.in.Remove(c.Backup)) // a second name, or a copy
	}
	return err
}

func readBounded(in *disk.Tree, path string) ([]byte, fs.FileInfo, error) {
	f, err := in.Open(path)
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

// refuseLoss returns an error with the keys that only the destination has.
func refuseLoss(from *Store, old []byte, o CopyOptions) error {
	to, err := Decode(bytes.NewReader(old), o.Password, WithKeyPassword(o.KeyPassword))
	if err != nil {
		return fmt.Errorf("reading the existing store to see which keys would be lost: %w", err)
	}
	if from == nil {
		from = New(JCEKS) // nobody knows what it holds
	}
	// A key that does not open may be another one, so it counts as changed.
	isKey := func(e Entry) bool { return e.Kind != TrustedCertificate }
	keys, _ := compareEntries(context.Background(), to, from, isKey)
	keys.OnlyA, keys.OnlyB = keys.OnlyB, keys.OnlyA // A is the source
	lost := slices.Concat(keys.Changed, keys.OnlyB)
	if len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	return &ConflictError{Aliases: lost, Keys: keys}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// freeName returns a dated name for the backup that is not in use.
func freeName(in *disk.Tree, path string, now func() time.Time) string {
	if now == nil {
		now = time.Now
	}
	base := path + ".backup-" + now().Format("20060102-150405")
	name := base
	for i := 2; i < 1000; i++ {
		if _, err := in.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}

// backUp keeps a file under a second name: as a hard link, which is atomic and
// keeps all metadata; on a file system without links, or where path is a link
// that leads elsewhere, as a copy with mode, owner and dates.
func backUp(in *disk.Tree, path, name string, content []byte, info fs.FileInfo) error {
	real, err := in.Real(path)
	if err != nil {
		return err
	}
	err = in.Link(real, name)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		if err := copyAside(in, name, content, info); err != nil {
			return err
		}
	}
	return in.Sync(filepath.Dir(name))
}

// copyAside creates the name first, so that of two copies at once one fails.
func copyAside(in *disk.Tree, name string, content []byte, info fs.FileInfo) error {
	if err := in.Create(name, 0o600); err != nil {
		return err
	}
	err := replaceFile(in, name, content, info.Mode(), info, true)
	if err == nil {
		err = in.Chtimes(name, info.ModTime())
	}
	if err != nil {
		return errors.Join(err, in.Remove(name))
	}
	return nil
}

// replaceFile writes a file completely or not at all, following a link, with the
// owner of another file. An owner that cannot be set is an error if must.
func replaceFile(
	in *disk.Tree, path string, content []byte, mode fs.FileMode, like fs.FileInfo, must bool,
) error {
	if real, err := in.Real(path); err == nil {
		path = real
	}
	return in.Write(path, content, mode.Perm(), func(f *os.File) error { return keepOwner(f, like, must) })
}
