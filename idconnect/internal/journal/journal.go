// Package journal remembers what neither the servers nor the disk can show: of each action that changes something the
// intent, which is written before the action begins, and the outcome. It holds no secret, and decides nothing: what an
// intent without an outcome means is for the step to find out. A lock lets one process at a time write it. Begin with
// [Open] and [TryLock].
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
)

const (
	version  = 2
	maxBytes = 64 << 20
)

// Journal is the file journal.json of the folder with the state of an upgrade. Only who holds the lock may save it.
type Journal struct {
	path string
	data
}

// Path is the file.
func (j *Journal) Path() string { return j.path }

type data struct {
	Version int    `json:"version"`
	Target  string `json:"target"`

	Unpack    *Unpack    `json:"unpack,omitempty"`
	Stores    []*Store   `json:"stores,omitempty"`
	Setup     *Setup     `json:"setup,omitempty"`
	Configure *Configure `json:"configure,omitempty"`
	Migrate   *Note      `json:"migrate,omitempty"`

	// Left is when a rollback forgot the set-up and left the folder with what the server had written to it by then.
	Left *time.Time `json:"left,omitempty"`
}

// Note is an action that began, and its end if that is known. An action that is known to have failed, or never to have
// begun, leaves no note.
type Note struct {
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended,omitempty"`
}

// Begin is the note of an action that begins now.
func Begin() Note { return Note{Began: time.Now().UTC()} }

// End records the outcome.
func (n *Note) End() {
	now := time.Now().UTC()
	n.Ended = &now
}

// IsOpen reports whether the action began and its outcome is not known. A nil note did not begin.
func (n *Note) IsOpen() bool { return n != nil && n.Ended == nil }

// IsEnded reports whether the outcome is known. A nil note did not begin.
func (n *Note) IsEnded() bool { return n != nil && n.Ended != nil }

// Unpack is enough to remove what was unpacked, and nothing else.
type Unpack struct {
	Note
	// Files are what the package brought, by slash path below the target's folder; that of a folder ends in a slash.
	// It is nil until all of them are in the temporary folder.
	Files map[string]File `json:"files,omitempty"`
	// Empty is the empty folder that was there before, if there was one. It stays, and holds what was unpacked.
	Empty *Folder `json:"empty,omitempty"`
	// Removing: a rollback has begun to remove the folder, and nothing in it is needed any more.
	Removing bool `json:"removing,omitempty"`
}

// Setup is a set-up script that was run. While its outcome is not known, Mark and PID find what it started.
type Setup struct {
	Note
	// Mark is in the environment of whatever it started; PID is the script's own, 0 until it was started.
	Mark string `json:"mark,omitempty"`
	PID  int    `json:"pid,omitempty"`
}

// IsOpen is [Note.IsOpen].
func (s *Setup) IsOpen() bool { return s != nil && s.Note.IsOpen() }

// IsEnded is [Note.IsEnded].
func (s *Setup) IsEnded() bool { return s != nil && s.Note.IsEnded() }

// End records the outcome.
func (s *Setup) End() {
	s.Note.End()
	s.Mark, s.PID = "", 0
}

// File is what a file was when it was unpacked.
type File struct {
	Size   int64       `json:"size"`
	Mode   fs.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
}

// Folder is what a folder was.
type Folder struct {
	Mode    fs.FileMode `json:"mode"`
	ModTime time.Time   `json:"modTime"`
}

// Store is a key store that was replaced, and how to undo that.
type Store struct {
	Note
	Changes keystore.Changes `json:"changes"`
}

// Configure is a target that was told its source.
type Configure struct {
	Note
	// InstanceURL is what the target was told.
	InstanceURL string `json:"instanceUrl"`
}

// ConfigureNote is the note of configure, nil where that did not begin.
func (j *Journal) ConfigureNote() *Note {
	if j.Configure == nil {
		return nil
	}
	return &j.Configure.Note
}

// Kind says in which way a journal cannot be used.
type Kind string

// The kinds of an [Error].
const (
	Unreadable   Kind = "unreadable"     // not a regular file, or the file system refuses it
	Damaged      Kind = "damaged"        // not what a run writes
	OtherVersion Kind = "version"        // of another version of this package
	OtherTarget  Kind = "another target" // of the upgrade of another installation
)

// Error says that what an earlier run remembered cannot be used. Nothing was changed.
type Error struct {
	Kind Kind
	Path string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("journal %s: %s: %v", e.Path, e.Kind, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch e.Kind {
	case Unreadable:
		return "give this user the right to read it, or run as the user who ran before"
	case OtherVersion:
		return "go on with the version that began"
	case OtherTarget:
		return "give the address with which the upgrade began; another target needs a folder of its own"
	}
	return "something else changed it: put it back from a copy, or move it away when you know what the last run " +
		"did; without it, whether migrate was sent is asked of the target only"
}

// Open reads the journal of the folder dir, which is an empty one where there is no file. target is the address of the
// server that is upgraded. A journal that cannot be used is an [*Error].
func Open(dir, target string) (*Journal, error) {
	j := &Journal{path: filepath.Join(dir, "journal.json")}
	fail := func(kind Kind, err error) (*Journal, error) {
		return nil, &Error{Kind: kind, Path: j.path, Err: err}
	}
	info, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		j.Version, j.Target = version, target
		return j, nil
	case err != nil:
		return fail(Unreadable, err)
	case !info.Mode().IsRegular():
		return fail(Unreadable, errors.New("not a regular file"))
	case info.Size() > maxBytes:
		return fail(Damaged, fmt.Errorf("larger than %d bytes", maxBytes))
	}
	b, err := os.ReadFile(j.path)
	if err != nil {
		return fail(Unreadable, err)
	}
	if err := json.Unmarshal(b, &j.data); err != nil {
		return fail(Damaged, err)
	}
	j.data = j.withPaths(readPath)
	switch {
	case j.Version == 0:
		return fail(Damaged, errors.New("it has no version"))
	case j.Version != version:
		return fail(OtherVersion, fmt.Errorf("%d, this program knows %d", j.Version, version))
	case j.Target != target:
		return fail(OtherTarget, fmt.Errorf("it is that of %s, not %s", j.Target, target))
	}
	return j, nil
}

// Save writes the journal, completely or not at all.
func (j *Journal) Save() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(j.withPaths(writePath)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := disk.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := disk.Write(j.path, b.Bytes(), 0o600, nil); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
