package keystore

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// maxWarnings bounds what a hostile file makes us remember.
const maxWarnings = 100

// newIntegrity begins the digest at the end of a store: SHA-1 over the password in
// UTF-16BE, a fixed text and, still to be written, the content;
// sun.security.provider.JavaKeyStore.getPreKeyedHash.
func newIntegrity(password string) hash.Hash {
	h := sha1.New()
	h.Write(javatext.UTF16BE(password))
	io.WriteString(h, "Mighty Aphrodite")
	return h
}

// piece is what the digest takes at once: enough that to hand it over to another
// core costs nothing.
const piece = 1 << 20

// digest is taken on another core of what the decoder has read.
type digest struct {
	pieces chan []byte
	result chan []byte
	taken  int
	close  func() // once there is no more to come
}

func newDigest(password string, size int) *digest {
	d := &digest{pieces: make(chan []byte, size/piece+2), result: make(chan []byte, 1)}
	d.close = sync.OnceFunc(func() { close(d.pieces) })
	go func() {
		h := newIntegrity(password)
		for b := range d.pieces {
			h.Write(b)
		}
		d.result <- h.Sum(nil)
	}()
	return d
}

// follow takes what lies before the place at.
func (d *digest) follow(data []byte, at int) {
	d.pieces <- data[d.taken:at]
	d.taken = at
}

// sum ends the digest. It may be called once.
func (d *digest) sum() []byte {
	d.close()
	return <-d.result
}

func decodeContainer(data []byte, password Password) (*Store, error) {
	d := &decoder{data: data}
	s := &Store{format: JCEKS}
	if string(d.take(len(magicJKS), "a number")) == magicJKS {
		s.format = JKS
	}
	v := d.u32()
	if d.err == nil && v != 1 && v != 2 {
		return nil, &FormatError{Offset: 4, What: fmt.Sprintf("version %d is not known", v)}
	}
	s.version = int(v)
	count := int32(d.u32())
	if d.err == nil && count < 0 {
		return nil, &FormatError{Offset: 8, What: "negative number of entries"}
	}
	// The smallest entry has 19 bytes: a count that lies asks for no more.
	expected := min(int(count), len(data)/19)
	s.entries, s.index = make([]entry, 0, expected), make(map[string]int, expected)
	var digest *digest
	if !password.IsZero() {
		digest = newDigest(password.Reveal(), len(data))
		defer digest.close()
	}
	for i := int32(0); i < count && d.err == nil; i++ {
		e := d.entry(s.format, s.version == 1)
		if d.err != nil {
			break
		}
		if digest != nil && d.at-digest.taken >= piece {
			digest.follow(data, d.at)
		}
		if old, ok := s.index[e.alias]; ok {
			// Java puts both into a table: the later one stays.
			s.warn(e.offset, e.alias, "the alias stood before", "the later entry counts")
			s.entries[old] = e
			continue
		}
		if javatext.LowerCase(e.alias) != e.alias {
			s.warn(e.offset, e.alias, "an alias that is not in lower case", "Java lists the entry and "+
				"never finds it")
		}
		s.index[e.alias] = len(s.entries)
		s.entries = append(s.entries, e)
	}
	d.alias = ""
	end := d.at
	sum := d.take(sha1.Size, "the trailer")
	if d.err != nil {
		return nil, d.err
	}
	if d.at < len(data) {
		s.warn(int64(d.at), "", fmt.Sprintf("%d bytes after the trailer", len(data)-d.at),
			"Java does not read them")
	}
	if digest != nil {
		digest.follow(data, end)
		if subtle.ConstantTimeCompare(sum, digest.sum()) != 1 {
			return nil, integrityError(end)
		}
		s.verified = true
	}
	return s, nil
}

func (s *Store) warn(offset int64, alias, what, why string) {
	if len(s.warnings) <= maxWarnings {
		s.warnings = append(s.warnings, &FormatError{Offset: offset, Alias: alias, What: what,
			Err: errors.New(why)})
	}
}

// decoder reads the container; after the first error it reads nothing more.
type decoder struct {
	data  []byte
	at    int
	alias string
	err   error
}

func (d *decoder) fail(at int, what string, err error) {
	if d.err == nil {
		d.err = &FormatError{Offset: int64(at), Alias: d.alias, What: what, Err: err}
	}
}

func (d *decoder) take(n int, what string) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > len(d.data)-d.at {
		d.fail(d.at, fmt.Sprintf("the file ends in %s: %d bytes wanted, %d left", what, n, len(d.data)-d.at), nil)
		return nil
	}
	b := d.data[d.at : d.at+n : d.at+n]
	d.at += n
	return b
}

func (d *decoder) u16() uint16 {
	if b := d.take(2, "a length"); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if b := d.take(4, "a number"); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) u64() uint64 { return uint64(d.u32())<<32 | uint64(d.u32()) }

func (d *decoder) utf(what string) string { return d.text(int(d.u16()), what) }

func (d *decoder) text(n int, what string) string {
	at := d.at
	text, err := javatext.FromModifiedUTF8(d.take(n, what))
	if err != nil {
		d.fail(at, what, err)
	}
	return text
}

// entry reads one entry, and keeps of it where it is.
func (d *decoder) entry(format Format, old bool) entry {
	d.alias = ""
	at := d.at
	e := entry{offset: int64(at), old: old, jks: format == JKS}
	tag := d.u32()
	e.alias = d.utf("an alias")
	d.alias = e.alias
	d.u64()
	switch {
	case d.err != nil:
		return e
	case tag == tagPrivateKey:
		e.kind = PrivateKey
	case tag == tagCertificate:
		e.kind = TrustedCertificate
	case tag == tagSecretKey && format == JCEKS:
		e.kind = SecretKey
	default:
		d.fail(at, fmt.Sprintf("an entry with the tag %d", tag), nil)
		return e
	}
	d.body(e.kind, old, nil)
	e.raw = d.data[at:d.at:d.at]
	return e
}

// entryFields is what an entry's bytes hold.
type entryFields struct {
	created int64    // ms since 1970
	body    []byte   // EncryptedPrivateKeyInfo, or the serialized object
	bodyAt  int      // in the entry
	certs   [][]byte // DER
}

// fields reads an entry that the decoder let pass before.
func (e entry) fields() (f entryFields) {
	d := &decoder{data: e.raw}
	d.u32()
	d.take(int(d.u16()), "")
	f.created = int64(d.u64())
	d.body(e.kind, e.old, &f)
	return f
}

// body reads an entry from behind its date, into f where there is one.
func (d *decoder) body(kind Kind, old bool, f *entryFields) {
	switch kind {
	case PrivateKey:
		n := int(int32(d.u32()))
		at := d.at
		key := d.take(n, "a private key")
		if f != nil {
			f.body, f.bodyAt = key, at
		}
		count := int(int32(d.u32()))
		// Each certificate takes at least 4 bytes.
		if count < 0 || count > (len(d.data)-d.at)/4 {
			d.fail(d.at-4, fmt.Sprintf("a chain of %d certificates", count), nil)
		}
		for i := 0; i < count && d.err == nil; i++ {
			d.certificate(old, f)
		}
	case TrustedCertificate:
		d.certificate(old, f)
	case SecretKey:
		at := d.at
		if f != nil {
			f.body, f.bodyAt = d.data[at:], at
			return
		}
		n, err := sealedObjectLength(d.data[at:])
		d.at += n
		if err != nil {
			d.fail(d.at, "a secret key", err)
		}
	}
}

func (d *decoder) certificate(old bool, f *entryFields) {
	if !old {
		at := d.at
		name := d.take(int(d.u16()), "a certificate's type")
		if d.err == nil && !bytes.EqualFold(name, []byte("X.509")) && !bytes.EqualFold(name, []byte("X509")) {
			d.fail(at, fmt.Sprintf("a certificate of the type %.40q", name), nil)
		}
	}
	der := d.take(int(int32(d.u32())), "a certificate")
	if d.err == nil && f != nil {
		f.certs = append(f.certs, der)
	}
}
