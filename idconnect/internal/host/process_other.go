//go:build !linux

package host

// In needs /proc: elsewhere a server is known by its PID file alone.
func In(string) []Process { return nil }

// Marked needs /proc.
func Marked(string, string) (found []Process, seen bool) { return nil, false }
