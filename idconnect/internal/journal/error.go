package journal

import "fmt"

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
