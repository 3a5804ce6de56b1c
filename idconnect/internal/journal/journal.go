// Package journal remembers what neither the servers nor the disk can show: of each action that changes something the
// intent, which is written before the action begins, and the outcome. It holds no secret, and decides nothing: what an
// intent without an outcome means is for the step to find out. A lock lets one process at a time write it. Begin with
// [Find], which gives the one place of a target's journal and lock, however the target is spelled.
package journal

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

const (
	version = 3
	// unsealed is the version before, which has no checksum, and absolute paths.
	unsealed = 2
	maxBytes = 64 << 20
)

// Journal is the file journal.json of the folder with the state of an upgrade. Only who holds the lock may save it.
type Journal struct {
	path   string
	folder folder
	data
}

// Path is the file.
func (j *Journal) Path() string { return j.path }

type data struct {
	Version int `json:"version"`
	// Checksum is the SHA-256 of the file without this member, in hex.
	Checksum string `json:"checksum,omitempty"`
	Target   string `json:"target"`

	Unpack    *Unpack    `json:"unpack,omitempty"`
	Stores    []*Store   `json:"stores,omitempty"`
	Setup     *Setup     `json:"setup,omitempty"`
	Configure *Configure `json:"configure,omitempty"`
	Migrate   *Request   `json:"migrate,omitempty"`

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

// Request is an action that the target was asked for.
type Request struct {
	Note
	// ServerTime is what the target's clock said before, to the second; zero where it did not say.
	ServerTime time.Time `json:"serverTime,omitzero"`
	// Transaction is the request's id, by which the target's audit may know it.
	Transaction string `json:"transaction,omitempty"`
}

// Unpack is enough to remove what was unpacked, and nothing else.
type Unpack struct {
	Note
	// Files are what the package brought, by slash path below the target's folder; that of a folder ends in a slash.
	// It is nil until all of them are in the temporary folder.
	Files map[string]File `json:"files,omitempty"`
	// Empty is the empty folder that was there before, if there was one. It stays, and holds what was unpacked.
	Empty *Folder `json:"empty,omitempty"`
	// Temp is the name of the folder, in the target's or beside it, in which it is unpacked first, and Aside that of
	// the one in which it is removed. Both are written down before the folder is made: nothing else is this program's.
	Temp  string `json:"temp,omitempty"`
	Aside string `json:"aside,omitempty"`
	// Removing: a rollback has begun to remove the folder. Of one that stays, Going are the names in it that go: what
	// comes to it later is somebody else's.
	Removing bool     `json:"removing,omitempty"`
	Going    []string `json:"going,omitempty"`
}

// Setup is a set-up script that was run. While its outcome is not known, Mark and PID find what it started.
type Setup struct {
	Note
	// Mark is in the environment of whatever it started; PID is the script's own, 0 until it was started.
	Mark string `json:"mark,omitempty"`
	PID  int    `json:"pid,omitempty"`
}

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

// Store is a key store that was replaced, and how to undo that. The paths of its changes are relative to the target's
// folder in the file.
type Store struct {
	Note
	Changes keystore.Changes `json:"changes"`
}

// Configure is a target that was told its source.
type Configure struct {
	Request
	// InstanceURL is what the target was told.
	InstanceURL string `json:"instanceUrl"`
}

// each gives the notes by their steps, in the order of the steps. No other step leaves any.
func (d *data) each(yield func(step string, n *Note) bool) {
	if d.Unpack != nil && !yield("unpack", &d.Unpack.Note) {
		return
	}
	for _, s := range d.Stores {
		if !yield("stores", &s.Note) {
			return
		}
	}
	if d.Setup != nil && !yield("setup", &d.Setup.Note) {
		return
	}
	if d.Configure != nil && !yield("configure", &d.Configure.Note) {
		return
	}
	if d.Migrate != nil {
		yield("migrate", &d.Migrate.Note)
	}
}

// FolderGone forgets what was done in the target's folder and to the server in it. What is left is whether that was
// asked to migrate: a database may outlive the folder.
func (d *data) FolderGone() {
	d.Unpack, d.Stores, d.Setup, d.Left, d.Configure = nil, nil, nil, nil, nil
}

// Notes are those of a step's actions, in their order.
func (d *data) Notes(step string) (notes []*Note) {
	for of, n := range d.each {
		if of == step {
			notes = append(notes, n)
		}
	}
	return notes
}

// Note is that of a step's only action, nil where that did not begin.
func (d *data) Note(step string) *Note {
	for _, n := range d.Notes(step) {
		return n
	}
	return nil
}

// Kind says in which way a journal cannot be used.
type Kind string

// The kinds of an [Error].
const (
	Unreadable   Kind = "unreadable"      // not a regular file, or the file system refuses it
	Unwritable   Kind = "cannot be kept"  // no folder can be made for it, or for what leads to it
	Damaged      Kind = "damaged"         // not what a run writes
	Outside      Kind = "leads elsewhere" // a path in it lies where no run writes
	OtherVersion Kind = "version"         // of another version of this package
	OtherTarget  Kind = "another target"  // of the upgrade of another installation
	OtherPlace   Kind = "another journal" // the server has been upgraded with the journal of another place
)

// Error says that what an earlier run remembered cannot be used. Nothing was changed.
type Error struct {
	Kind Kind
	Path string
	Err  error
	// pointer is the file that led to Path, of OtherPlace.
	pointer string
}

func (e *Error) Error() string { return fmt.Sprintf("journal %s: %s: %v", e.Path, e.Kind, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch e.Kind {
	case Unreadable:
		return "give this user the right to read it, or run as the user who ran before"
	case Unwritable:
		return "give this user the right to write there; $XDG_STATE_HOME names another folder for what is kept of " +
			"servers, without which a request could be sent twice"
	case OtherVersion:
		return "go on with the version that began"
	case OtherTarget:
		return "give the address with which the upgrade began; another target needs a folder of its own"
	case OtherPlace:
		return "run with the folder, or the state folder, of that upgrade; if its folder was moved, move the " +
			"journal's folder along, as NEW-FOLDER.upgrade; if another server has the address by now, remove " +
			e.pointer
	case Outside:
		return "if the target's folder was moved, move it back; else something else changed the journal: " +
			"put it back from a copy"
	}
	return "something else changed it: put it back from a copy, or move it away when you know what the last run " +
		"did; without it, whether migrate was sent is asked of the target only"
}
