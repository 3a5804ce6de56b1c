//go:build unix

package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the group of another. Only root may do so
// for any: where it is not allowed a new file is the caller's own, but one that
// must keep its owner is an error, because who reads it now could not any more.
func keepOwner(f *os.File, like fs.FileInfo, must bool) error {
	if like == nil {
		return nil
	}
	st, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := f.Chown(int(st.Uid), int(st.Gid))
	switch {
	case !errors.Is(err, fs.ErrPermission):
		return err
	case !must:
		return nil
	}
	info, statErr := f.Stat()
	if statErr != nil {
		return statErr
	}
	now, ok := info.Sys().(*syscall.Stat_t)
	if ok && now.Uid == st.Uid && (now.Gid == st.Gid || like.Mode()&0o070 == 0) {
		return nil
	}
	return fmt.Errorf("its owner %d and group %d cannot be kept, run this as that user or as root: %w", st.Uid,
		st.Gid, err)
}
