package keystore

import (
	"bytes"
	"errors"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// TestTruncatedAndFlipped: every truncation and every flipped bit of a store is
// a known error, or gives the same entries. Of the one store of 83 KB, a
// truststore, where each try costs a digest of all of it, all bits are flipped
// of what is not inside of a certificate, and one of every fifth byte inside.
func TestTruncatedAndFlipped(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	tried, step := 0, 11 // of the bytes and bits of each
	if exhaustive.All() || testing.Short() {
		step = 1
	}
	for name, m := range manifest {
		data := fixture(t, name)
		if m.Type == "PKCS12" || testing.Short() && len(data) > 1000 {
			continue // PKCS#12 has a test of its own
		}
		tried++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			password := NewPassword(m.Password)
			large := len(data) > 20_000
			for n := 0; n < len(data); n += step {
				// What is missing is seen before the digest, which takes longer.
				if _, err := decodeContainer(data[:n:n], Password{}); n >= 4 && !isAny(err, ErrFormat) {
					t.Fatalf("cut at %d: %v", n, err)
				}
				if n > 8 {
					continue // Decode adds the format, and a copy
				}
				if _, err := Decode(bytes.NewReader(data[:n]), password); !isAny(err, ErrFormat,
					ErrIntegrity) {
					t.Fatalf("cut at %d: %v", n, err)
				}
			}
			opaque := make([]bool, len(data)) // inside of a certificate of the large store
			if large {
				s, err := Decode(bytes.NewReader(data), password)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range s.entries {
					for _, der := range e.fields().certs {
						at := int(e.offset) + bytes.Index(e.raw, der)
						for i := range der {
							opaque[at+i] = true
						}
					}
				}
			}
			bad := bytes.Clone(data)
			for bit := 0; bit < 8*len(data); bit += step {
				at, mask := bit/8, byte(1)<<(bit%8)
				if opaque[at] && (at%5 != 0 || at%8 != bit%8) {
					continue
				}
				bad[at] ^= mask
				var err error
				if at < 4 { // the format
					_, err = Decode(bytes.NewReader(bad), password)
				} else {
					_, err = decodeContainer(bad, password)
				}
				if !isAny(err, ErrFormat, ErrIntegrity, ErrPKCS12Unsupported) {
					t.Fatalf("bit %d flipped: %v", bit, err)
				}
				bad[at] ^= mask
			}
		})
	}
	t.Logf("%d stores, 1 of %d bytes cut and bits flipped", tried, step)
	if tried < 2 || !testing.Short() && tried < 18 {
		t.Errorf("%d stores tried", tried)
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	head := "\xce\xce\xce\xce\x00\x00\x00\x02"
	entry := head + "\x00\x00\x00\x01\x00\x00\x00"
	for name, data := range map[string]string{
		"empty file":          "",
		"PEM in disguise":     "-----BEGIN CERTIFICATE-----\n",
		"version 3":           "\xce\xce\xce\xce\x00\x00\x00\x03\x00\x00\x00\x00",
		"two billion entries": head + "\x7f\xff\xff\xff",
		"negative count":      head + "\xff\xff\xff\xff",
		"unknown tag":         entry + "\x09\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00",
		"broken alias":        entry + "\x02\x00\x02\xc0\x00",
		"negative key length": entry + "\x01\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff",
		"huge key length":     entry + "\x01\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff\xff\xff",
		"chain of a billion": entry +
			"\x01\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00",
		"foreign class": entry +
			"\x03\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\xac\xed\x00\x05sr\x00\x11java.util.HashMap",
		"reference to nothing": entry +
			"\x03\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\xac\xed\x00\x05q\x00\x7e\x00\x05",
		"secret key in a JKS": "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01" +
			"\x00\x00\x00\x03\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\xac\xed\x00\x05",
		"PKCS#12 without an end": "\x30\x84\x7f\xff\xff\xff",
	} {
		_, err := Decode(bytes.NewReader([]byte(data)), NewPassword("x"))
		var where *FormatError
		if !errors.As(err, &where) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIterationsAreBounded(t *testing.T) {
	t.Parallel()
	for name, der := range map[string]string{
		"2^31-1":        "\x30\x10\x04\x0812345678\x02\x04\x7f\xff\xff\xff",
		"5,000,001":     "\x30\x0f\x04\x0812345678\x02\x03\x4c\x4b\x41",
		"0":             "\x30\x0d\x04\x0812345678\x02\x01\x00",
		"negative":      "\x30\x0d\x04\x0812345678\x02\x01\xff",
		"salt of 4":     "\x30\x09\x04\x041234\x02\x01\x14",
		"trailing byte": "\x30\x0d\x04\x0812345678\x02\x01\x14\x00",
	} {
		if p, err := parsePBEParams([]byte(der)); err == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	data := fixture(t, "trust.jceks")
	for limit, want := range map[int64]error{int64(len(data)): nil, int64(len(data)) - 1: ErrTooLarge,
		0: ErrTooLarge} {
		if _, err := Decode(bytes.NewReader(data), NewPassword("changeit"), WithLimit(limit)); !errors.Is(err,
			want) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	var manifest map[string]manifestStore
	readJSON(f, "fixtures/manifest.json", &manifest)
	for name := range manifest {
		if data := fixture(f, name); len(data) < 20_000 { // large ones only slow it down
			f.Add(data)
		}
	}
	for _, data := range lenient(f) {
		f.Add(data)
	}
	for _, row := range hostileRows(f) {
		f.Add(row.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(bytes.NewReader(data), Password{})
		if err != nil {
			if !isAny(err, ErrFormat, ErrPKCS12Unsupported, ErrPasswordNeeded) {
				t.Fatal(err)
			}
			return
		}
		n := 0
		for e := range s.Entries() {
			e.Algorithm()
			e.Certificates()
			var err error
			switch {
			case n == 4: // a file has any number
			case e.Kind == SecretKey && cheap(e):
				_, _, err = e.SecretKey(NewPassword("p"))
				n++
			case e.Kind == PrivateKey && s.Format() != PKCS12 && cheap(e):
				_, err = e.PKCS8(NewPassword("p"))
				n++
			}
			if err != nil && !isAny(err, ErrFormat, ErrKeyPassword) {
				t.Fatal(err)
			}
		}
		if len(s.warnings) > 0 {
			return
		}
		var out bytes.Buffer
		if err := s.Encode(&out, NewPassword("")); err != nil {
			t.Fatal(err)
		}
		if n := len(data) - 20; !bytes.Equal(out.Bytes()[:n], data[:n]) {
			t.Fatal("what was read is not what is written")
		}
	})
}

// cheap says that opening a key costs few iterations.
func cheap(e Entry) bool {
	body := e.e.fields().body
	for i := range body { // a DER integer of three bytes or more
		if i+1 < len(body) && body[i] == 2 && body[i+1] >= 3 {
			return false
		}
	}
	return true
}

func FuzzSerialized(f *testing.F) {
	f.Add(serializeSecretKey("AES", []byte("0123456789abcdef")))
	f.Add(serializeSealed([]byte("params"), []byte("content")))
	for e := range openFixture(f, "keys.jceks").Entries() {
		if e.Kind == SecretKey {
			f.Add(e.e.fields().body)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		obj, n, err := parseSerialized(data)
		if n < 0 || n > len(data) || (obj == nil) == (err == nil) && err == nil {
			t.Fatal(n, obj, err)
		}
		if err == nil {
			obj.sealed()
			obj.secret()
		}
	})
}
