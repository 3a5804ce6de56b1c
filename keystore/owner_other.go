//go:build !unix

package keystore

import (
	"io/fs"
	"os"
)

func keepOwner(*os.File, fs.FileInfo, bool) error { return nil }
