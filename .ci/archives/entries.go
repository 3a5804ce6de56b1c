package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name     string
	mode     fs.FileMode
	modified time.Time
	content  []byte
}

func list(content []byte, end string) ([]entry, error) {
	if end == ".zip" {
		return listZip(content)
	}
	return listTar(content)
}

func listZip(content []byte) (out []entry, err error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Mode().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		out = append(out, entry{f.Name, f.Mode(), f.Modified, b})
	}
	return out, nil
}

func listTar(content []byte) (out []entry, err error) {
	g, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(g); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return out, g.Close()
		}
		if err != nil {
			return nil, err
		}
		switch {
		case h.Typeflag == tar.TypeDir:
			continue
		case h.Typeflag != tar.TypeReg || h.Uname != "root" || h.Gname != "root":
			return nil, fmt.Errorf("%s: no regular file of root", h.Name)
		}
		b, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		out = append(out, entry{h.Name, h.FileInfo().Mode(), h.ModTime, b})
	}
}
