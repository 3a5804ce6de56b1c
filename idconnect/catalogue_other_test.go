//go:build !linux

package idconnect_test

import "testing"

func holdLock(t *testing.T, _ string) {
	t.Helper()
	t.Skip("needs Linux, to hold a lock as another process does")
}

var faultsOfLinux []catalogueRow
