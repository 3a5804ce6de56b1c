//go:build unix

package disk_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// TestOpenRefuses: a pipe without another end would hang, a device would be read for good.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700),
		os.Symlink("pipe", at("link")), os.Symlink(os.DevNull, at("device"))); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"pipe", "folder", "link", "device", "socket"} {
		_, read := disk.Open(at(name))
		_, limited := disk.Read(at(name), 10)
		_, write := disk.OpenFile(at(name), os.O_RDWR|os.O_CREATE, 0o600)
		for how, err := range map[string]error{
			"Regular": disk.Regular(at(name)), "Open": read, "Read": limited, "OpenFile": write,
		} {
			if !errors.Is(err, disk.ErrNotRegular) {
				t.Errorf("%s of a %s: %v", how, name, err)
			}
		}
		// A link to a device leads out of the folder.
		if _, err := disk.OpenIn(root, name, os.O_RDONLY, 0); !errors.Is(err, disk.ErrNotRegular) && name != "device" {
			t.Errorf("OpenIn of a %s: %v", name, err)
		}
	}
	for _, name := range []string{"pipe", "folder", "socket"} {
		if err := disk.Write(at(name), []byte("new"), 0o600, nil); !errors.Is(err, disk.ErrNotRegular) {
			t.Errorf("Write to a %s: %v", name, err)
		}
	}
	if n := len(names(t, dir)); n != 5 {
		t.Errorf("left: %v", names(t, dir))
	}
}

func TestOpenIn(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "store")
	if err := errors.Join(os.WriteFile(outside, []byte("theirs"), 0o600),
		os.Symlink(outside, filepath.Join(dir, "out"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, flag := range []int{os.O_RDONLY, os.O_RDWR | os.O_CREATE} {
		if f, err := disk.OpenIn(root, "out", flag, 0o600); err == nil {
			f.Close()
			t.Error("opened through a link that leads out of the folder")
		}
	}
	f, err := disk.OpenIn(root, "new", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
