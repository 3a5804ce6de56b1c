//go:build unix

package idconnect_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/await"
)

var promisesSpecial = []promise{
	{"a pipe as lock, journal or state of verify is refused with its name, at once", pipes},
}

func pipes(t *testing.T) {
	w := onceMigrated(t)
	w.u.Steps = []string{idconnect.StepVerify}
	for _, name := range []string{"lock", "journal.json", "verify.state"} {
		path := filepath.Join(w.u.TargetDir+".upgrade", name)
		kept := path + ".kept"
		had := os.Rename(path, kept) == nil
		must(t, syscall.Mkfifo(path, 0o600))
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		_, err := w.u.Run(ctx)
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		must(t, os.Remove(path))
		if had {
			must(t, os.Rename(kept, path))
		}
	}
}
