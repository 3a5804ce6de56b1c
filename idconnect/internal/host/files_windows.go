package host

import (
	"errors"
	"time"

	"golang.org/x/sys/windows"
)

// open opens a file or folder that is there, with the rights asked for.
func open(path string, access, share, flags uint32) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

// fileAddFile is FILE_ADD_FILE: the right to make files in a folder.
const fileAddFile = 2

// CheckWritable says why this user may not make files in a folder. It opens the folder with that right, and makes none.
func CheckWritable(dir string) error {
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	return open(dir, fileAddFile, share, windows.FILE_FLAG_BACKUP_SEMANTICS)
}

// freeSpace is what this user may still use of the disk that dir is on, in bytes.
func freeSpace(dir string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}

// LockedByOther reports whether another program has a file open in a way that keeps it from being replaced. For that
// it asks for the right to delete the file, for an instant. Who only reads it for a moment, as this program's other
// checks and virus scanners do, is waited for, up to a second.
func LockedByOther(path string) (who string, held bool) {
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE
	for deadline := time.Now().Add(time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := open(path, windows.DELETE, share, windows.FILE_ATTRIBUTE_NORMAL)
		held = errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
		if !held || time.Now().After(deadline) {
			return "", held
		}
	}
}

// IsDiskFull reports whether an error says that a disk is full.
func IsDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
