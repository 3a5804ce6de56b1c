//go:build !linux

package idconnect_test

import "testing"

func sameDisk(string, string) bool { return false }

func needsLinux(t *testing.T) { t.Skip("needs /proc, or the right to mount") }

func rollbackUnderServer(t *testing.T) { needsLinux(t) }
func zombieIsNoServer(t *testing.T)    { needsLinux(t) }
func emptyMountPoint(t *testing.T)     { needsLinux(t) }
