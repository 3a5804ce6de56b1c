package keystore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"os"
	"slices"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// MadeIn reports whether the file is what the copy made of it, be it rewritten since with the same entries, as a server
// does when it starts. It reads only files of the folder, as [Changes.UndoIn] does; nil is the whole file system.
func (c Changes) MadeIn(folder *os.Root) (bool, error) {
	now, err := c.sumNow(disk.In(folder))
	return now == c.SHA256, err
}

// AddedIn returns the aliases, sorted, of entries that were added to the file since: all that the copy wrote are there
// unchanged. It is nil where that is not so. It reads only files of the folder, as [Changes.UndoIn] does.
func (c Changes) AddedIn(folder *os.Root) ([]string, error) {
	content, _, err := readBounded(disk.In(folder), c.Path)
	if err != nil {
		return nil, err
	}
	now := fingerprints(content)
	for alias, was := range c.Entries {
		if now[alias] != was {
			return nil, nil
		}
		delete(now, alias)
	}
	if len(c.Entries) == 0 {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(now)), nil
}

// sumNow is the SHA-256 of the file, "" if there is none. A file that holds the entries of the new content, in whatever
// order, counts as the new content.
func (c Changes) sumNow(in *disk.Tree) (string, error) {
	content, sum, err := readSum(in, c.Path)
	known := sum == "" || sum == c.SHA256 || sum == c.Before
	if !known && len(c.Entries) > 0 && maps.Equal(fingerprints(content), c.Entries) {
		sum = c.SHA256
	}
	return sum, err
}

// fingerprints are those of a store's entries by alias, nil of what cannot be read without a password.
func fingerprints(content []byte) map[string]string {
	s, err := Decode(bytes.NewReader(content), Password{})
	if err != nil || s.format == PKCS12 {
		return nil
	}
	out := make(map[string]string, s.Len())
	for e := range s.Entries() {
		out[javatext.LowerCase(e.Alias)] = e.fingerprint()
	}
	return out
}

// fingerprint tells entries apart by their kind and their certificates, which a private key is known by. A secret key
// is known by its ciphertext, which Java keeps as it is when it writes a store again: a hash of the key itself could be
// searched for.
func (e Entry) fingerprint() string {
	h := sha256.New()
	part := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	part([]byte(e.Kind))
	certificates := e.RawCertificates()
	for _, der := range certificates {
		part(der)
	}
	if len(certificates) == 0 {
		part(e.e.fields().body)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
