package journal

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// escaped stands before a path that JSON, which is UTF-8, does not hold as it is.
const escaped = "escaped:"

// writePath is a path as it stands in the file, and readPath the path again: byte for byte, whatever its encoding.
func writePath(path string) string {
	if utf8.ValidString(path) && !strings.HasPrefix(path, escaped) {
		return path
	}
	return escaped + url.PathEscape(path)
}

func readPath(text string) string {
	coded, is := strings.CutPrefix(text, escaped)
	path, err := url.PathUnescape(coded)
	if !is || err != nil {
		return text
	}
	return path
}

// withPaths is a copy with every path as code makes it.
func (d data) withPaths(code func(string) string) data {
	if d.Unpack != nil {
		n := *d.Unpack
		if n.Files != nil {
			n.Files = make(map[string]File, len(d.Unpack.Files))
			for path, file := range d.Unpack.Files {
				n.Files[code(path)] = file
			}
		}
		n.Going = slices.Clone(n.Going)
		for i, name := range n.Going {
			n.Going[i] = code(name)
		}
		d.Unpack = &n
	}
	stores := d.Stores
	d.Stores = nil
	for _, s := range stores {
		if s == nil {
			d.Stores = append(d.Stores, nil)
			continue
		}
		n := *s
		n.Changes.Path, n.Changes.Backup = code(n.Changes.Path), code(n.Changes.Backup)
		d.Stores = append(d.Stores, &n)
	}
	return d
}
