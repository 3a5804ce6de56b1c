package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// open reads the journal of the folder dir, which is an empty one where there is no file.
func open(dir string, in folder, target string, same func(string) bool) (*Journal, error) {
	j := &Journal{path: filepath.Join(dir, "journal.json"), folder: in}
	fail := func(kind Kind, err error) (*Journal, error) {
		return nil, &Error{Kind: kind, Path: j.path, Err: err}
	}
	content, err := readOwn(j.path)
	if err != nil {
		return nil, err
	}
	if content == nil {
		j.Version, j.Target = version, target
		return j, nil
	}
	if kind, err := j.decode(content); err != nil {
		return fail(kind, err)
	}
	if !same(j.Target) {
		return fail(OtherTarget, fmt.Errorf("it is that of %s, not %s", j.Target, target))
	}
	return j, nil
}

// isOwn returns [disk.ErrNotRegular] if path is something other than a regular file, or a link to one: no run makes
// another kind. It opens nothing, and waits for nothing.
func isOwn(path string) (size int64, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, disk.ErrNotRegular
	}
	return info.Size(), nil
}

// readOwn reads a file that only runs write; nil is one that is not there.
func readOwn(path string) (content []byte, err error) {
	size, err := isOwn(path)
	if size > maxBytes {
		return nil, &Error{Kind: Damaged, Path: path, Err: fmt.Errorf("larger than %d bytes", int64(maxBytes))}
	}
	if err == nil {
		content, err = disk.Read(path, maxBytes)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &Error{Kind: Unreadable, Path: path, Err: err}
	}
	return content, nil
}

// decode reads the file's content. It takes nothing that [Journal.Save] would not write, but of the version before what
// can be proved without a checksum.
func (j *Journal) decode(content []byte) (Kind, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return Damaged, err
	}
	switch head.Version {
	case 0:
		return Damaged, errors.New("it has no version")
	case version, unsealed:
	default:
		return OtherVersion, fmt.Errorf("%d, this program knows %d", head.Version, version)
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&j.data); err != nil {
		return Damaged, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Damaged, errors.New("trailing data")
	}
	if j.Version == version {
		if want, err := seal(j.data); err != nil || !bytes.Equal(content, want) {
			return Damaged, errors.Join(errors.New("its checksum does not match"), err)
		}
	} else if j.Checksum != "" {
		return Damaged, fmt.Errorf("version %d has no checksum", j.Version)
	}
	j.data = j.withPaths(readPath)
	if err := j.data.validate(); err != nil {
		return Damaged, err
	}
	for _, s := range j.Stores {
		changes, err := j.folder.resolve(s.Changes, j.Version == unsealed)
		if err != nil {
			return Outside, err
		}
		s.Changes = changes
	}
	j.Version, j.Checksum = version, ""
	return "", nil
}

// validate says what no run writes.
func (d *data) validate() error {
	for _, s := range d.Stores {
		if s == nil {
			return errors.New("stores: an entry is null")
		}
		if s.Changes.SHA256 == "" {
			return errors.New("stores: an entry has no checksum of its file")
		}
	}
	if d.Unpack != nil {
		for name := range d.Unpack.Files {
			if !filepath.IsLocal(filepath.FromSlash(name)) {
				return fmt.Errorf("unpack: the file %q is not below the target's folder", name)
			}
		}
	}
	for step, n := range d.each {
		if n.Began.IsZero() || n.Ended != nil && n.Ended.IsZero() {
			return fmt.Errorf("%s: an action has no date", step)
		}
	}
	return nil
}

// seal is the file's content, with its checksum.
func seal(d data) ([]byte, error) {
	encode := func() ([]byte, error) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		err := e.Encode(d)
		return b.Bytes(), err
	}
	d.Checksum = ""
	plain, err := encode()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	d.Checksum = hex.EncodeToString(sum[:])
	return encode()
}

// Save writes the journal, completely or not at all.
func (j *Journal) Save() error {
	d := j.data
	d.Stores = nil
	for _, s := range j.Stores {
		changes, err := j.folder.relative(s.Changes)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		d.Stores = append(d.Stores, &Store{s.Note, changes})
	}
	content, err := seal(d.withPaths(writePath))
	if err == nil {
		err = disk.MkdirAll(filepath.Dir(j.path), 0o700)
	}
	if err == nil {
		err = disk.Write(j.path, content, 0o600, nil)
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// escaped stands before a path that JSON, which is UTF-8, does not hold as it is.
const escaped = "escaped:"

// writePath is a path as it stands in the file, and readPath the path again: byte for byte, whatever its encoding.
func writePath(path string) string {
	if utf8.ValidString(path) && !strings.HasPrefix(path, escaped) {
		return path
	}
	return escaped + url.PathEscape(path)
}

func readPath(text string) string {
	coded, is := strings.CutPrefix(text, escaped)
	path, err := url.PathUnescape(coded)
	if !is || err != nil {
		return text
	}
	return path
}

// withPaths is a copy with every path as code makes it.
func (d data) withPaths(code func(string) string) data {
	if d.Unpack != nil {
		n := *d.Unpack
		if n.Files != nil {
			n.Files = make(map[string]File, len(d.Unpack.Files))
			for path, file := range d.Unpack.Files {
				n.Files[code(path)] = file
			}
		}
		n.Going = slices.Clone(n.Going)
		for i, name := range n.Going {
			n.Going[i] = code(name)
		}
		d.Unpack = &n
	}
	stores := d.Stores
	d.Stores = nil
	for _, s := range stores {
		if s == nil {
			d.Stores = append(d.Stores, nil)
			continue
		}
		n := *s
		n.Changes.Path, n.Changes.Backup = code(n.Changes.Path), code(n.Changes.Backup)
		d.Stores = append(d.Stores, &n)
	}
	return d
}
