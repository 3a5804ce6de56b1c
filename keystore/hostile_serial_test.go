package keystore

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

// secretEntry is a JCEKS store whose one secret key is the stream given, under
// a right trailer.
func secretEntry(stream []byte) []byte {
	b := slices.Concat([]byte("\xce\xce\xce\xce\x00\x00\x00\x02\x00\x00\x00\x01"+
		"\x00\x00\x00\x03\x00\x05alias\x00\x00\x00\x00\x00\x00\x00\x00"), stream)
	return append(b, integrity("p", b)...)
}

// TestHostileObjects: each is refused with the place, the alias and the reason.
func TestHostileObjects(t *testing.T) {
	t.Parallel()
	const head = "\xac\xed\x00\x05"
	class := func(name string, fields string, super string) string {
		n := binary.BigEndian.AppendUint16(nil, uint16(len(name)))
		return "r" + string(n) + name + "\x00\x00\x00\x00\x00\x00\x00\x00\x02" + fields + "x" + super
	}
	const sealed = "javax.crypto.SealedObject"
	for name, c := range map[string]struct{ stream, want string }{
		"foreign class": {head + "s" + class("java.util.HashMap", "\x00\x00", "p"),
			`foreign class "java.util.HashMap"`},
		"array of foreign objects": {head + "u" + class("[Ljava.lang.Object;", "\x00\x00", "p"),
			"foreign class"},
		"class that is its parent": {head + "s" + class(sealed, "\x00\x00", "q\x00\x7e\x00\x00"),
			"inherits from itself"},
		"parents too deep": {head + "s" +
			strings.Repeat(strings.TrimSuffix(class(sealed, "\x00\x00", "p"), "p"), 40), "nested deeper"},
		"objects too deep": {head + strings.Repeat("s"+class(sealed, "\x00\x01L\x00\x01at\x00\x00",
			"p"), 40), "nested deeper"},
		"object that holds itself": {head + "s" + class(sealed, "\x00\x01L\x00\x01at\x00\x00", "p") +
			"q\x00\x7e\x00\x02", "no bytes encryptedContent"},
		"reference to the future": {head + "s" + class(sealed, "\x00\x01L\x00\x01at\x00\x00", "p") +
			"q\x00\x7e\x00\x7f", "reference to value 127"},
		"negative reference": {head + "q\x00\x00\x00\x00", "reference to value -"},
		"class that is a text": {head + "s" + class(sealed, "\x00\x01L\x00\x01at\x00\x00",
			"q\x00\x7e\x00\x01"), "not a class"},
		"array of two billion": {head + "u" + class("[B", "\x00\x00", "p") + "\x7f\xff\xff\xff",
			"2147483647 bytes wanted"},
		"array of less than none": {head + "u" + class("[B", "\x00\x00", "p") + "\xff\xff\xff\xff",
			"-1 bytes wanted"},
		"65,535 fields": {head + "s" + class(sealed, "\xff\xff"+strings.Repeat("L\x00\x01ap", 100),
			"p"), "secret key"},
		"many values": {head + "s" +
			class(sealed, "\x03\xe8"+strings.Repeat("L\x00\x01at\x00\x00", 1000), "p"),
			"more than 64 values"},
		"data of its own": {head + "sr\x00\x19" + sealed +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00xpw\x01a", "data of its own"},
		"annotated class": {head + "sr\x00\x19" + sealed +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00w\x01ax", "annotated"},
		"block data":              {head + "w\x04abcd", "unexpected tag"},
		"reset":                   {head + "y", "unexpected tag"},
		"a proxy":                 {head + "s}\x00\x00\x00\x00xp", "unexpected tag"},
		"nothing":                 {head + "p", "not an object"},
		"a text":                  {head + "t\x00\x01a", "not an object"},
		"no stream":               {"PK\x03\x04", "not a serialized object"},
		"a plain secret key":      {string(serializeSecretKey("AES", make([]byte, 16))), "sealed as class"},
		"number among the fields": {head + "s" + class(sealed, "\x00\x01I\x00\x01a", "p"), "unexpected kind"},
		"field name without an end": {head + "sr\x00\x19" + sealed +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01I\xff\xff", "the file ends in a field name"},
		"text that is broken": {head + "t\x00\x02\xc0\x00", "modified UTF-8"},
		"content that is no bytes": {head + "s" + class(sealed, "\x00\x01L\x00\x10encryptedContentt\x00\x00",
			"p") + "t\x00\x01a", "no bytes encryptedContent"},
		"an enum that is an object": {head + "~" + class("java.security.KeyRep$Type", "\x00\x00", "p") +
			"t\x00\x06SECRET", "not an object"},
	} {
		_, err := Decode(bytes.NewReader(secretEntry([]byte(c.stream))), NewPassword("p"))
		var where *FormatError
		if !errors.As(err, &where) || where.Alias != "alias" || where.Offset < 31 ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHostileKeys: a store that is whole, with a key that is not.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	good := pbeParams{Salt: []byte("12345678"), Iterations: 20}
	seal := func(p pbeParams, plain []byte) []byte {
		params, err := asn1.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		content, err := pbeEncrypt(NewPassword("p"), good, plain)
		if err != nil {
			t.Fatal(err)
		}
		return serializeSealed(params, content)
	}
	key := serializeSecretKey("AES", make([]byte, 16))
	started := time.Now()
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"good":          {seal(good, key), nil},
		"2^31-1":        {seal(pbeParams{good.Salt, 1<<31 - 1}, key), ErrFormat},
		"2^62":          {seal(pbeParams{good.Salt, 1 << 62}, key), ErrFormat},
		"0 iterations":  {seal(pbeParams{good.Salt, 0}, key), ErrFormat},
		"-1 iterations": {seal(pbeParams{good.Salt, -1}, key), ErrFormat},
		"salt of 9":     {seal(pbeParams{[]byte("123456789"), 20}, key), ErrFormat},
		"no salt":       {seal(pbeParams{nil, 20}, key), ErrFormat},
		"other count":   {seal(pbeParams{good.Salt, 21}, key), ErrKeyPassword},
		"foreign class": {seal(good, bytes.Replace(key, []byte("javax.crypto.spec.SecretKeySpec"),
			[]byte("javax.crypto.spec.SecretKeySpex"), 1)), ErrFormat},
		"sealed twice": {seal(good, seal(good, key)), ErrFormat},
		"no stream":    {seal(good, []byte("0123456789")), ErrKeyPassword},
		"half a block": {serializeSealed([]byte("\x30\x0d\x04\x0812345678\x02\x01\x14"), make([]byte, 12)),
			ErrFormat},
		"no content":    {serializeSealed([]byte("\x30\x0d\x04\x0812345678\x02\x01\x14"), nil), ErrFormat},
		"no parameters": {serializeSealed(nil, make([]byte, 16)), ErrFormat},
		// Java does not look at the name either: there is one protection.
		"other name": {bytes.ReplaceAll(seal(good, key), []byte("PBEWithMD5AndTripleDES"),
			[]byte("PBEWithMD5AndTripleDEX")), nil},
	} {
		s, err := Decode(bytes.NewReader(secretEntry(c.stream)), NewPassword("p"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		e, _ := s.Entry("alias")
		_, _, err = e.SecretKey(NewPassword("p"))
		var where *FormatError
		if !errors.Is(err, c.want) || c.want == ErrFormat &&
			(!errors.As(err, &where) || where.Alias != "alias" || where.Offset != 31) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := time.Since(started); d > time.Minute {
		t.Errorf("hostile counts took %v", d)
	}
}

// TestHostilePrivateKeys: bodies that are too short would make keystore-go
// panic.
func TestHostilePrivateKeys(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{JKS, JCEKS} {
		for n := range 60 {
			var info encryptedPrivateKeyInfo
			info.Algorithm.Algorithm = oidJKSKeyProtector
			info.Data = make([]byte, n)
			body, err := asn1.Marshal(info)
			if err != nil {
				t.Fatal(err)
			}
			for _, body := range [][]byte{body, body[:n%len(body)], append(bytes.Clone(body), 0)} {
				s := New(format)
				if err := s.put("k", PrivateKey, body, nil, PutOptions{}); err != nil {
					t.Fatal(err)
				}
				e, _ := s.Entry("k")
				for _, password := range []string{"p", "鍵"} {
					if _, err := e.PKCS8(NewPassword(password)); !isAny(err, ErrFormat,
						ErrKeyPassword) {
						t.Fatalf("%d bytes: %v", n, err)
					}
				}
			}
		}
	}
}

func TestHostilePKCS12(t *testing.T) {
	t.Parallel()
	data := fixture(t, "pkcs12.jceks")
	step := 8 // but each bit of a byte
	if exhaustive.All() && !testing.Short() {
		step = 1
	}
	t.Logf("cut at %s bytes, and as many flipped", ofAll((len(data)+step-1)/step, len(data)))
	for n := 0; n < len(data); n += step {
		if _, err := Decode(bytes.NewReader(data[:n]), NewPassword("changeit")); !isAny(err, ErrFormat,
			ErrIntegrity, ErrPKCS12Unsupported) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for at := 0; at < len(data); at += step {
		bad := bytes.Clone(data)
		bad[at] ^= 1 << (at / step % 8)
		s, err := Decode(bytes.NewReader(bad), NewPassword("changeit"))
		if err == nil && s.Len() != 1 || err != nil && !isAny(err, ErrFormat, ErrIntegrity,
			ErrPKCS12Unsupported) {
			t.Fatalf("bit of byte %d flipped: %v", at, err)
		}
	}
	if _, err := Decode(bytes.NewReader(data), Password{}); !errors.Is(err, ErrPasswordNeeded) {
		t.Errorf("without a password: %v", err)
	}
	trust := openFixture(t, "trust.jceks")
	e, _ := trust.Entry("root")
	certs, err := e.Certificates()
	if err != nil {
		t.Fatal(err)
	}
	open, err := pkcs12.Passwordless.EncodeTrustStore(certs, "")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Decode(bytes.NewReader(open), NewPassword("")); err != nil || s.Len() != 1 || s.Verified() {
		t.Errorf("without a MAC nothing is verified: %v", err)
	}
	started := time.Now()
	for iterations, want := range map[int]error{2048: nil, 10_000_000: ErrFormat, 1<<31 - 1: ErrFormat} {
		enc := pkcs12.Modern2023
		if iterations == 2048 {
			enc = enc.WithIterations(iterations)
		}
		p12, err := enc.EncodeTrustStore(certs, "p")
		if err != nil {
			t.Fatal(err)
		}
		if iterations > 2048 { // written in place of the MAC's, which stands last
			der, err := asn1.Marshal(iterations)
			if err != nil {
				t.Fatal(err)
			}
			p12 = raiseLast(t, p12, der)
		}
		if _, err := Decode(bytes.NewReader(p12), NewPassword("p")); !errors.Is(err, want) {
			t.Errorf("%d iterations: %v", iterations, err)
		}
	}
	if d := time.Since(started); d > time.Minute {
		t.Errorf("hostile counts took %v", d)
	}
}

// raiseLast replaces the last element of the last sequence of a PFX, the MAC's
// iteration count.
func raiseLast(t *testing.T, p12, count []byte) []byte {
	t.Helper()
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		Mac      struct {
			Digest, Salt asn1.RawValue
			Iterations   asn1.RawValue
		}
	}
	if _, err := asn1.Unmarshal(p12, &pfx); err != nil {
		t.Fatal(err)
	}
	pfx.Mac.Iterations = asn1.RawValue{FullBytes: count}
	out, err := asn1.Marshal(pfx)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMemory: a store takes a small multiple of its file, of many certificates
// and of the smallest entries that a file can have.
func TestMemory(t *testing.T) {
	small := []byte("\xfe\xed\xfe\xed\x00\x00\x00\x01\x00\x03\x0d\x40")
	for i := range uint32(200_000) {
		small = append(small, "\x00\x00\x00\x02\x00\x05"...)
		small = fmt.Appendf(small, "%05x", i)
		small = append(small, make([]byte, 12)...)
	}
	small = append(small, integrity("changeit", small)...)
	for name, c := range map[string]struct {
		data            []byte
		held, allocated float64 // times the file, at most
	}{
		"certificates":     {manyCertificates(t, 20_000), 2, 3},
		"smallest entries": {small, 8, 12},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, err := Decode(bytes.NewReader(c.data), NewPassword("changeit"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		allocated := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(c.data))
		runtime.GC()
		runtime.ReadMemStats(&after)
		held := float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / float64(len(c.data))
		runtime.KeepAlive(s)
		runtime.KeepAlive(c.data)
		t.Logf("%s: %d entries in %d bytes, %.1f times the file held, %.1f allocated", name, s.Len(),
			len(c.data), held, allocated)
		if held > c.held || allocated > c.allocated {
			t.Errorf("%s: %.1f times the file held and %.1f allocated, at most %.0f and %.0f expected",
				name, held, allocated, c.held, c.allocated)
		}
	}
}
