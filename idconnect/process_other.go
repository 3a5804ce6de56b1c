//go:build !unix

package idconnect

import "os"

// processRuns: finding a process opens it on Windows, and fails when it has
// ended.
func processRuns(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release()
	return true
}
