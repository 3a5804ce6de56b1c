package siteconfig

import "io/fs"

// trusted would say why a file that was only found must not be used. Windows has
// no mode that tells.
func trusted(fs.FileInfo) error { return nil }
