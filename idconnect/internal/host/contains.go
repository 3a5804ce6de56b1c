package host

import "github.com/idconnect-go/upgrade/internal/disk"

// Contains is [disk.Contains].
func Contains(dir, path string) bool { return disk.Contains(dir, path) }

// Existing is [disk.Existing].
func Existing(path string) string { return disk.Existing(path) }
