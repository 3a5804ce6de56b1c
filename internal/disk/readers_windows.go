package disk

import (
	"errors"
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// groups are those that hold users who are no administrators, by their English names.
var groups = []struct {
	name string
	kind windows.WELL_KNOWN_SID_TYPE
}{
	{"Everyone", windows.WinWorldSid},
	{"Authenticated Users", windows.WinAuthenticatedUserSid},
	{"Users", windows.WinBuiltinUsersSid},
	{"Guests", windows.WinBuiltinGuestsSid},
	{"INTERACTIVE", windows.WinInteractiveSid},
	{"NETWORK", windows.WinNetworkSid},
	{"ANONYMOUS LOGON", windows.WinAnonymousSid},
}

// Readers says who may read a file beyond its owner, its group and the administrators, such as "everyone"; "" if
// nobody. On Windows it reads the DACL of the file alone: a user needs no right to the folders that lead to it.
func Readers(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return "", &os.PathError{Op: "reading the access control list", Path: path, Err: err}
	}
	list, _, err := descriptor.DACL()
	if errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && list == nil {
		return "Everyone", nil // no list keeps nobody out, nor does a file system without them
	}
	if err != nil {
		return "", &os.PathError{Op: "reading the access control list", Path: path, Err: err}
	}
	return strings.Join(readers(list), ", "), nil
}

// readers are the groups that a list lets read. What is denied must stand before what is allowed to count, as
// Windows reads it.
func readers(list *windows.ACL) (found []string) {
	const read = windows.FILE_READ_DATA | windows.GENERIC_READ | windows.GENERIC_ALL
	var denied []string
	for i := range uint32(list.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if windows.GetAce(list, i, &ace) != nil {
			continue
		}
		name := group((*windows.SID)(unsafe.Pointer(&ace.SidStart)))
		if name == "" || ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || ace.Mask&read == 0 {
			continue
		}
		switch ace.Header.AceType {
		case windows.ACCESS_DENIED_ACE_TYPE:
			denied = append(denied, name)
		case windows.ACCESS_ALLOWED_ACE_TYPE:
			if !slices.Contains(denied, name) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	if slices.Contains(denied, "Everyone") {
		return nil
	}
	return found
}

func group(sid *windows.SID) string {
	for _, g := range groups {
		if sid.IsWellKnown(g.kind) {
			return g.name
		}
	}
	// S-1-5-21-DOMAIN-513, of whatever domain.
	const domain, domainUsers = 21, 513
	if sid.SubAuthorityCount() == 5 && sid.SubAuthority(0) == domain && sid.SubAuthority(4) == domainUsers {
		return "Domain Users"
	}
	return ""
}
