// Package sealed keeps a file that only a program with the same secret, for the same work, can read and go on from: it
// is encrypted and authenticated by age, under a passphrase that is stretched from both. What it holds, and when it is
// worth a writing, is the caller's; a file for people or for another machine is that of package handover. Begin with
// [File], [File.Load] and [File.Seal].
package sealed

import (
	"bufio"
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/internal/disk"
)

const (
	// limit of a file in bytes; what is longer does not open.
	limit = 256 << 20
	// Cost is the number of rounds of PBKDF2, which each guess of the secret
	// costs (OWASP's recommendation of 2023).
	Cost = 600_000
	// workFactor is the least that age knows. Its scrypt would take time and
	// 16 MiB or more with each writing; the passphrase is stretched already.
	workFactor = 1
)

// Format is a kind of file.
type Format struct {
	// Magic begins a file, in the clear; what follows is sealed.
	Magic string
	// Read begin files of earlier versions that are read as well, and Old those that
	// are not. All are as long as Magic.
	Read, Old []string
}

// Check says, as a [*disk.OutputError], why a file would not be written at path: it
// is there, and is not of this format.
func (f Format) Check(path string) error { return f.output(path).Check() }

func (f Format) output(path string) disk.Output {
	return disk.Output{Path: path, Mode: 0o600, Marks: slices.Concat([]string{f.Magic}, f.Read, f.Old)}
}

// File is a sealed file. It is for one goroutine at a time.
type File struct {
	Format
	Path string
	// Secret is what one must have, and Bound, the salt, what the file must be of:
	// with another of either it does not open.
	Secret string
	Bound  []byte
	// Cost is that of the constant, or less in tests.
	Cost int

	stretched string // "" until it is needed: it takes some time
	mine      bool   // what is at Path is of this Secret and Bound
}

// OldError reports a file that an earlier version wrote. It was not changed.
type OldError struct{ Path string }

func (e *OldError) Error() string { return e.Path + " was written by an earlier version" }

// Load hands the pieces of the file to take and reports whether it took them. A file that is not there is none, and
// so is one that does not open, or that take refuses: it is of other work, or damaged, and [File.Write] keeps it
// beside. A file of an earlier version is an [*OldError], one of another program a [*disk.OutputError]. The pieces
// share the memory of one slice.
func (f *File) Load(take func(pieces [][]byte) error) (taken bool, err error) {
	if err := disk.Sweep(f.Path); err != nil {
		return false, err
	}
	if err := f.Check(f.Path); err != nil {
		return false, err
	}
	file, err := disk.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	closed := bufio.NewReader(io.LimitReader(file, limit))
	if magic, err := closed.Peek(len(f.Magic)); err == nil && slices.Contains(f.Old, string(magic)) {
		return false, &OldError{Path: f.Path}
	}
	if _, err := closed.Discard(len(f.Magic)); err != nil {
		return false, nil
	}
	if err := f.Stretch(); err != nil {
		return false, err
	}
	identity, err := age.NewScryptIdentity(f.stretched)
	if err != nil {
		return false, err
	}
	identity.SetMaxWorkFactor(workFactor)
	opened, err := age.Decrypt(closed, identity)
	if err != nil {
		return false, nil
	}
	// Read to the end, which is authenticated, before anything is decoded.
	var content bytes.Buffer
	if info, err := file.Stat(); err == nil {
		content.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
	}
	if _, err := content.ReadFrom(opened); err != nil {
		return false, nil
	}
	pieces, err := split(content.Bytes())
	f.mine = err == nil && take(pieces) == nil
	return f.mine, nil
}

// Stretch derives the passphrase, once. [File.Load] and [File.Seal] do so, too; a
// caller who seals under a lock stretches before.
func (f *File) Stretch() error {
	if f.stretched != "" {
		return nil
	}
	key, err := pbkdf2.Key(sha256.New, f.Secret, f.Bound, f.Cost, sha256.Size)
	if err != nil {
		return err
	}
	f.stretched = hex.EncodeToString(key)
	return nil
}

// Piece is a part of a file, which may be large: it is written without a copy.
type Piece interface {
	Size() int
	Write(w io.Writer) error
}

// Raw is a piece as it stands in a file.
type Raw []byte

// Size implements [Piece].
func (r Raw) Size() int { return len(r) }

// Write implements [Piece].
func (r Raw) Write(w io.Writer) error {
	_, err := w.Write(r)
	return err
}

// Seal returns the file of some pieces, for [File.Write]. It holds them in memory once.
func (f *File) Seal(pieces []Piece) ([]byte, error) {
	if err := f.Stretch(); err != nil {
		return nil, err
	}
	recipient, err := age.NewScryptRecipient(f.stretched)
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	size := len(f.Magic) + 1<<12
	for _, p := range pieces {
		size += p.Size() + p.Size()/1000 + 8
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.WriteString(f.Magic)
	w, err := age.Encrypt(b, recipient)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(join(w, pieces), w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// join writes pieces, each behind its size.
func join(w io.Writer, pieces []Piece) error {
	for _, p := range pieces {
		if _, err := w.Write(binary.LittleEndian.AppendUint32(nil, uint32(p.Size()))); err != nil {
			return err
		}
		if err := p.Write(w); err != nil {
			return err
		}
	}
	return nil
}

// split finds the pieces in what join wrote.
func split(content []byte) (pieces [][]byte, err error) {
	for len(content) > 0 {
		if len(content) < 4 {
			return nil, errors.New("the size of a piece is cut off")
		}
		n := int64(binary.LittleEndian.Uint32(content))
		if content = content[4:]; n > int64(len(content)) {
			return nil, fmt.Errorf("a piece of %d bytes is cut off", n)
		}
		pieces, content = append(pieces, content[:n:n]), content[n:]
	}
	return pieces, nil
}

// Write replaces the file by one of [File.Seal], whole or not at all, and makes its folder. What was there, and is not
// of the same work, is kept beside.
func (f *File) Write(sealed []byte) error {
	if err := disk.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	if f.mine {
		return disk.Write(f.Path, sealed, 0o600, nil)
	}
	err := f.output(f.Path).Write(sealed)
	f.mine = err == nil
	return err
}

// Remove removes the file, if it is of the same work.
func (f *File) Remove() error {
	if _, err := os.Lstat(f.Path); err != nil || !f.mine {
		return nil
	}
	return disk.Remove(f.Path)
}
