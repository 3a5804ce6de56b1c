//go:build !unix

package keystore

import "testing"

func notRegular(t *testing.T) map[string]string { return map[string]string{"a folder": t.TempDir()} }
