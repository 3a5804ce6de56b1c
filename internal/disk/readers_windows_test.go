package disk_test

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/idconnect-go/upgrade/internal/disk"
)

func openRoot(*testing.T) string { return os.TempDir() }

// setMode gives a file the list that the bits of a mode stand for: the owner's rights, and Everyone's. Folders close
// nothing on Windows, and keep theirs.
func setMode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	sddl := "D:P(A;;FA;;;BA)(A;;FA;;;" + user.User.Sid.String() + ")"
	if mode&0o004 != 0 {
		sddl += "(A;;FR;;;WD)"
	}
	descriptor, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := windows.CreateFile(name, windows.WRITE_DAC, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Not SetNamedSecurityInfo, by which wine adds what the folder has.
	err = windows.SetKernelObjectSecurity(file, windows.DACL_SECURITY_INFORMATION, descriptor)
	if err = errors.Join(err, windows.CloseHandle(file)); err != nil {
		t.Fatal(err)
	}
}

// TestReadersOfList: the groups of a list, as Windows reads it.
func TestReadersOfList(t *testing.T) {
	t.Parallel()
	for sddl, want := range map[string]string{
		"D:P(A;;FA;;;BA)(A;;FA;;;SY)":                 "",
		"D:P(A;;FA;;;BA)(A;;FR;;;BU)":                 "Users",
		"D:P(A;;0x1301bf;;;AU)(A;;0x1200a9;;;BU)":     "Authenticated Users, Users",
		"D:P(A;;GR;;;WD)":                             "Everyone",
		"D:P(D;;FR;;;WD)(A;;FR;;;BU)":                 "",
		"D:P(D;;FR;;;BU)(A;;FR;;;BU)(A;;FR;;;AU)":     "Authenticated Users",
		"D:P(A;;FA;;;BA)(A;;0x100000;;;WD)":           "", // to wait for it alone
		"D:P(A;OICIIO;FR;;;WD)(A;;FA;;;BA)":           "", // for what is in a folder
		"D:P(A;;FR;;;S-1-5-21-1-2-3-513)(A;;FA;;;BA)": "Domain Users",
	} {
		if got := disk.ReadersOf(t, sddl); got != want {
			t.Errorf("%s: %q, want %q", sddl, got, want)
		}
	}
}
