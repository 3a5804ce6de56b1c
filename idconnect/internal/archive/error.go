package archive

import (
	"errors"
	"fmt"
	"io/fs"
)

// Kind says in which way a package cannot be used.
type Kind string

// The kinds of an [Error].
const (
	Unusable Kind = "unusable" // readable, but not a package of 7.1.6; or not readable by this user
	Missing  Kind = "missing"  // no such file
	Corrupt  Kind = "corrupt"  // damaged, cut off, or not a zip file
	Hostile  Kind = "hostile"  // made to write outside its folder, to exhaust the disk, or to be read in two ways
)

// Error says why a package cannot be used, and which of its entries is at fault.
type Error struct {
	Kind Kind
	// Path is the file of the package. Entry is "" where the whole is at fault.
	Path, Entry string
	Reason      string
	Err         error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	s := "package " + e.Path
	if e.Entry != "" {
		s += fmt.Sprintf(", entry %q", e.Entry)
	}
	s += ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "give the path of the downloaded package of 7.1.6 (Upgrade.Package)"
	case errors.Is(e.Err, fs.ErrPermission):
		return "run this as a user who may read it"
	}
	return "download the package of 7.1.6 again, from the vendor"
}
