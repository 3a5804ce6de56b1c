package symlink_test

import (
	"runtime"
	"testing"

	"github.com/idconnect-go/upgrade/internal/symlink"
)

func TestWork(t *testing.T) {
	if !symlink.Work() && runtime.GOOS != "windows" {
		t.Error("no symbolic links on ", runtime.GOOS)
	}
	t.Run("need", func(t *testing.T) {
		symlink.Need(t)
		if !symlink.Work() {
			t.Error("not skipped")
		}
	})
}
