package keystore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/internal/symlink"
)

// TestCopiesAtOnce: of copies to one file at the same second some may be
// refused; what each of the others replaced is kept, and nothing is lost.
func TestCopiesAtOnce(t *testing.T) {
	t.Parallel()
	const copies = 16
	to := place(t, "store", []byte("old"), 0o600)
	var wait sync.WaitGroup
	all := make([]Changes, copies)
	errs := make([]error, copies)
	for i := range copies {
		wait.Go(func() {
			all[i], errs[i] = CopyBytes([]byte(fmt.Sprint("new ", i)), to,
				CopyOptions{Replace: true, Now: dated})
		})
	}
	wait.Wait()
	kept := map[string]bool{}
	left := map[string]bool{} // backups that could perhaps not be removed again, as the error says
	for i, c := range all {
		if errs[i] != nil {
			// On Windows a file that somebody reads is neither replaced nor removed, nor opened at
			// times (ERROR_SHARING_VIOLATION).
			refused := runtime.GOOS == "windows" &&
				(errors.Is(errs[i], os.ErrPermission) || errors.Is(errs[i], syscall.Errno(32)))
			if !refused && !errors.Is(errs[i], ErrChangedSince) && !errors.Is(errs[i], os.ErrExist) {
				t.Errorf("copy %d: %v", i, errs[i])
			}
			if refused {
				left[c.Backup] = true
			}
			continue
		}
		if kept[c.Backup] || sum(content(t, c.Backup)) != c.Before {
			t.Errorf("copy %d: %s is not what it replaced", i, c.Backup)
		}
		kept[c.Backup] = true
	}
	names := siblings(t, to)
	// There, each may be in the way of all others.
	none := len(kept) == 0 && (runtime.GOOS != "windows" || string(content(t, to)) != "old")
	if none || len(names) < len(kept)+1 {
		t.Errorf("%d were done, and in the folder are %q", len(kept), names)
	}
	for _, name := range names {
		if path := filepath.Join(filepath.Dir(to), name); path != to && !kept[path] && !left[path] {
			t.Errorf("%s is left, and nobody says so", name)
		}
	}
	t.Logf("%d of %d were done", len(kept), copies)
}

// TestCopyIsLate: what changes between the look and the copy is not replaced.
func TestCopyIsLate(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"a file": "old", "none": ""} {
		to := filepath.Join(t.TempDir(), "store")
		if before != "" {
			to = place(t, "store", []byte(before), 0o600)
		}
		_, err := CopyBytes([]byte("new"), to, CopyOptions{Replace: true, Intent: func(Changes) error {
			return os.WriteFile(to, []byte("of somebody else"), 0o600)
		}})
		if !errors.Is(err, ErrChangedSince) || string(content(t, to)) != "of somebody else" ||
			len(siblings(t, to)) != 1 {
			t.Errorf("%s: %v, %q", name, err, siblings(t, to))
		}
	}
}

// TestCopyHasNowhereToGo: refused before the intent is made known.
func TestCopyHasNowhereToGo(t *testing.T) {
	t.Parallel()
	intent := func(Changes) error { t.Error("intended"); return nil }
	dir := t.TempDir()
	from := place(t, "store", fixture(t, "trust.jks"), 0o600)
	for _, to := range []string{filepath.Join(dir, "no", "store"), filepath.Join(from, "store")} {
		if _, err := Copy(from, to, CopyOptions{Intent: intent}); err == nil {
			t.Errorf("copied to %s", to)
		}
	}
	link := filepath.Join(dir, "link")
	symlink.Make(t, filepath.Join(dir, "none"), link)
	if _, err := Copy(from, link, CopyOptions{Intent: intent}); !errors.Is(err, os.ErrNotExist) ||
		!strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("to a link that leads nowhere: %v", err)
	}
	if _, err := os.Readlink(link); err != nil || len(siblings(t, link)) != 1 {
		t.Errorf("the link is gone: %v", err)
	}
}
