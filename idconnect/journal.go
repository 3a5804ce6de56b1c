package idconnect

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
	journalVersion = 2
	journalLimit   = 64 << 20
)

// journal remembers what the world cannot show: of each action that changes
// something the intent, which is on the disk before the action begins, and the
// outcome. It is written whole or not at all, by whoever has the lock, and
// holds no secret.
type journal struct {
	path string
	journalData
}

type journalData struct {
	Version int    `json:"version"`
	Target  string `json:"target"`

	Unpack    *unpackNote    `json:"unpack,omitempty"`
	Stores    []*storeNote   `json:"stores,omitempty"`
	Setup     *note          `json:"setup,omitempty"`
	Configure *configureNote `json:"configure,omitempty"`
	Migrate   *note          `json:"migrate,omitempty"`
}

// note is an action: begun, and ended unless nobody knows. One that is known to
// have failed, or never to have begun, leaves no note.
type note struct {
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended,omitempty"`
}

func begin() note { return note{Began: time.Now().UTC()} }

// end records the outcome; a nil note was never begun here.
func (n *note) end() {
	now := time.Now().UTC()
	n.Ended = &now
}

func (n *note) open() bool  { return n != nil && n.Ended == nil }
func (n *note) ended() bool { return n != nil && n.Ended != nil }

// unpackNote is enough to remove what was unpacked, and nothing else.
type unpackNote struct {
	note
	// Files are what the package brought, by slash path below the target's
	// folder. It is nil until all of them lie in the temporary folder.
	Files map[string]fileNote `json:"files,omitempty"`
	// Empty is the empty folder that was there before, if there was one.
	Empty *folderNote `json:"empty,omitempty"`
}

// fileNote is what a file was when it was unpacked.
type fileNote struct {
	Size   int64       `json:"size"`
	Mode   fs.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
}

type folderNote struct {
	Mode    fs.FileMode `json:"mode"`
	ModTime time.Time   `json:"modTime"`
}

type storeNote struct {
	note
	Changes keystore.Changes `json:"changes"`
}

type configureNote struct {
	note
	// InstanceURL is what the target was told.
	InstanceURL string `json:"instanceUrl"`
}

// configureNote is nil where configure was not begun.
func (j *journal) configureNote() *note {
	if j.Configure == nil {
		return nil
	}
	return &j.Configure.note
}

// Reasons of a [JournalError].
const (
	JournalUnreadable = "unreadable"     // no regular file, or the file system refuses it
	JournalDamaged    = "damaged"        // not what a run writes, which is whole or not there
	JournalVersion    = "version"        // of another version of this package
	JournalTarget     = "another target" // of the upgrade of another installation
)

// JournalError says that what an earlier run remembered cannot be used. Nothing
// was changed.
type JournalError struct {
	Path string
	// Reason is one of the constants JournalUnreadable and so on.
	Reason string
	Err    error
}

func (e *JournalError) Error() string {
	return fmt.Sprintf("journal %s: %s: %v", e.Path, e.Reason, e.Err)
}
func (e *JournalError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *JournalError) Remedy() string {
	switch e.Reason {
	case JournalUnreadable:
		return "give this user the right to read it, or run as the user who ran before"
	case JournalVersion:
		return "go on with the version that began"
	case JournalTarget:
		return "give the address with which the upgrade began; another target needs a folder of its own"
	}
	return "something else changed it: put it back from a copy, or move it away when you know what the last run did; without it, whether migrate was sent is asked of the target only"
}

func openJournal(dir, target string) (*journal, error) {
	j := &journal{path: filepath.Join(dir, "journal.json")}
	fail := func(reason string, err error) (*journal, error) {
		return nil, &JournalError{Path: j.path, Reason: reason, Err: err}
	}
	info, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		j.Version, j.Target = journalVersion, target
		return j, nil
	case err != nil:
		return fail(JournalUnreadable, err)
	case !info.Mode().IsRegular():
		return fail(JournalUnreadable, errors.New("not a regular file"))
	case info.Size() > journalLimit:
		return fail(JournalDamaged, fmt.Errorf("larger than %d bytes", journalLimit))
	}
	b, err := os.ReadFile(j.path)
	if err != nil {
		return fail(JournalUnreadable, err)
	}
	if err := json.Unmarshal(b, &j.journalData); err != nil {
		return fail(JournalDamaged, err)
	}
	switch {
	case j.Version == 0:
		return fail(JournalDamaged, errors.New("it has no version"))
	case j.Version != journalVersion:
		return fail(JournalVersion, fmt.Errorf("%d, this program knows %d", j.Version, journalVersion))
	case j.Target != target:
		return fail(JournalTarget, fmt.Errorf("it is that of %s, not %s", j.Target, target))
	}
	return j, nil
}

func (j *journal) save() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(j.journalData); err != nil {
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

// writeFile writes a file whole or not at all, and to the disk.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	return disk.Write(path, content, mode, nil)
}
