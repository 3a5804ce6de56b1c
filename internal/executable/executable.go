// Package executable writes scripts and programs that tests run at once. It is for tests only. Begin with [Write].
package executable

import (
	"io/fs"
	"os"
	"syscall"
)

// Write writes a file that may be run at once, also while other tests start processes: such a process, until it has
// become its own program, would hold the file open for writing, and nobody could run it (golang.org/issue/22315).
func Write(path string, content []byte, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, mode)
}
