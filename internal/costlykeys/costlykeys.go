// Package costlykeys makes keystores that take minutes to be opened, for tests of what is given up meanwhile. Begin
// with [Encode].
package costlykeys

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/keystore"
)

// Encode adds n secret keys, 1 to 999, to a JCEKS keystore and encodes it. Opening one takes about a second of a
// processor: it has as many iterations as Java takes at most.
func Encode(s *keystore.Store, password keystore.Password, n int) ([]byte, error) {
	const most, fewer = 5_000_000, 65_536 // which is as long in DER
	o := keystore.PutOptions{Password: password, Iterations: fewer}
	if err := s.PutSecretKey("costly-000", "AES", make([]byte, 16), o); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := s.Encode(&b, password); err != nil {
		return nil, err
	}
	content := bytes.ReplaceAll(b.Bytes(), integer(fewer), integer(most))
	content = content[:len(content)-sha1.Size]
	const countAt, beforeAlias = 8, 6 // the number of entries; the tag of an entry and the length of its alias
	entry := bytes.Clone(content[bytes.Index(content, []byte("costly-000"))-beforeAlias:])
	for i := 1; i < n; i++ {
		copy(entry[beforeAlias:], fmt.Sprintf("costly-%03d", i))
		content = append(content, entry...)
	}
	binary.BigEndian.PutUint32(content[countAt:], uint32(s.Len()+n-1))
	h := sha1.New()
	for _, u := range utf16.Encode([]rune(password.Reveal())) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(content)
	return h.Sum(content), nil
}

// integer is one of three bytes in DER.
func integer(n int) []byte { return []byte{2, 3, byte(n >> 16), byte(n >> 8), byte(n)} }
