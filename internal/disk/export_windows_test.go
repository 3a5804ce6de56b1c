package disk

import (
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// ReadersOf are the readers of a list that is written as text.
func ReadersOf(t *testing.T, sddl string) string {
	t.Helper()
	descriptor, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(readers(list), ", ")
}
