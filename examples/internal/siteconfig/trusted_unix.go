//go:build unix

package siteconfig

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// trusted says why a file that was only found must not be used.
func trusted(info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		return errors.New("it belongs to another user")
	}
	if info.Mode()&0o022 != 0 {
		return errors.New("other users can write it")
	}
	return nil
}
