package keystore

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// hostileRow is one of the things that a hostile file can try. The password of
// each is "p", and but for what is wrong with it, it is whole.
type hostileRow struct {
	data  []byte
	alias string // that the error must know
	keys  bool   // the store is read, and its one key does not open
	want  error
	text  string // in the error
}

// hostileRows are tried by TestHostileRows and are where FuzzDecode begins.
func hostileRows(t testing.TB) map[string]hostileRow {
	t.Helper()
	seal := func(parts ...string) []byte {
		b := []byte(strings.Join(parts, ""))
		return append(b, integrity("p", b)...)
	}
	const (
		head  = "\xce\xce\xce\xce\x00\x00\x00\x02"
		one   = "\x00\x00\x00\x01"
		key   = "\x00\x00\x00\x01\x00\x01k\x00\x00\x00\x00\x00\x00\x00\x00"
		cert  = "\x00\x00\x00\x02\x00\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05X.509"
		sealD = "\x00\x00\x00\x03\x00\x01s\x00\x00\x00\x00\x00\x00\x00\x00\xac\xed\x00\x05"
		class = "sr\x00\x19javax.crypto.SealedObject\x00\x00\x00\x00\x00\x00\x00\x00\x02"
	)
	rows := map[string]hostileRow{
		"key of a negative length": {data: seal(head, one, key, "\xff\xff\xff\xff"), alias: "k",
			text: "-1 bytes wanted"},
		"key longer than the file": {data: seal(head, one, key, "\x7f\xff\xff\xff"), alias: "k",
			text: "2147483647 bytes wanted"},
		"chain of less than none": {data: seal(head, one, key, "\x00\x00\x00\x00\xff\xff\xff\xff"),
			alias: "k", text: "chain of -1"},
		"chain of a billion": {data: seal(head, one, key, "\x00\x00\x00\x00\x40\x00\x00\x00"),
			alias: "k", text: "chain of 1073741824"},
		"certificate of a negative one": {data: seal(head, one, cert, "\x80\x00\x00\x00"), alias: "c",
			text: "bytes wanted"},
		"certificate beyond the end": {data: seal(head, one, cert, "\x00\x01\x00\x00"), alias: "c",
			text: "65536 bytes wanted"},
		"certificate of another type": {data: seal(head, one, strings.Replace(cert, "X.509", "X.508", 1),
			"\x00\x00\x00\x00"), alias: "c", text: "X.508"},
		"count of two billion":    {data: seal(head, "\x7f\xff\xff\xff"), text: "bytes wanted"},
		"count of less than none": {data: seal(head, "\xff\xff\xff\xff"), text: "negative"},
		"alias cut off": {data: seal(head, one, "\x00\x00\x00\x02\x00\x02a\xe2"),
			text: "modified UTF-8"},
		"alias with four bytes": {data: seal(head, one, "\x00\x00\x00\x02\x00\x04\xf0\x9f\x98\x80"),
			text: "begins no character"},
		"alias that goes on wrongly": {data: seal(head, one, "\x00\x00\x00\x02\x00\x02\xc3\x28"),
			text: "continues no character"},
		"alias longer than the file": {data: seal(head, one, "\x00\x00\x00\x02\xff\xffa"),
			text: "65535 bytes wanted"},
		"object in a circle": {data: seal(head, one, sealD, class,
			"\x00\x01L\x00\x01at\x00\x00xpq\x00\x7e\x00\x02"), alias: "s", text: "no bytes"},
		"class that is its own parent": {data: seal(head, one, sealD, class, "\x00\x00xq\x00\x7e\x00\x00"),
			alias: "s", text: "inherits from itself"},
		"object of great depth": {data: seal(head, one, sealD,
			strings.Repeat(class+"\x00\x01L\x00\x01at\x00\x00xp", 40)), alias: "s", text: "nested deeper"},
		"foreign class": {data: seal(head, one, sealD,
			"sr\x00\x11java.util.HashMap\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00xp"), alias: "s",
			text: `"java.util.HashMap"`},
		"text of 2^63 bytes": {data: seal(head, one, sealD, "|\x80\x00\x00\x00\x00\x00\x00\x00"), alias: "s",
			text: "a string of"},
		"array of two billion": {data: seal(head, one, sealD,
			"ur\x00\x02[B\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00xp\x7f\xff\xff\xff"), alias: "s",
			text: "2147483647 bytes wanted"},
		"PEM in disguise":     {data: []byte("-----BEGIN CERTIFICATE-----\nMIIB\n"), text: "PEM"},
		"zip in disguise":     {data: []byte("PK\x03\x04 and more"), text: "zip"},
		"PKCS#12 in disguise": {data: []byte("\x30\x84\x7f\xff\xff\xff"), text: "PKCS#12"},
		"nothing":             {text: "empty"},
	}
	addHostileParams(t, rows)
	whole := openFixture(t, "trust.jks")
	var b bytes.Buffer
	if err := whole.Encode(&b, NewPassword("p")); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	flipped := bytes.Clone(data)
	flipped[len(data)/2] ^= 1
	rows["one bit flipped"] = hostileRow{data: flipped, want: ErrIntegrity, text: "offset"}
	rows["truncated"] = hostileRow{data: data[:len(data)/2], alias: "root", text: "bytes wanted"}
	rows["without its trailer"] = hostileRow{data: data[:len(data)-20], text: "trailer"}
	for name, r := range rows {
		if r.want == nil {
			r.want = ErrFormat
			rows[name] = r
		}
	}
	return rows
}

// addHostileParams adds keys under parameters that Java refuses.
func addHostileParams(t testing.TB, rows map[string]hostileRow) {
	t.Helper()
	good := pbeParams{Salt: []byte("12345678"), Iterations: 20}
	for name, p := range map[string]pbeParams{
		"2^31-1 iterations":      {good.Salt, 1<<31 - 1},
		"5,000,001 iterations":   {good.Salt, maxIterations + 1},
		"0 iterations":           {good.Salt, 0},
		"less than 0 iterations": {good.Salt, -5},
		"salt of 7":              {good.Salt[:7], 20},
		"salt of 9":              {[]byte("123456789"), 20},
		"no salt":                {nil, 20},
	} {
		params, err := asn1.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		secret := New(JCEKS)
		private := New(JCEKS)
		body, err := asn1.Marshal(encryptedPrivateKeyInfo{pkix.AlgorithmIdentifier{
			Algorithm: oidPBEWithMD5AndTripleDES, Parameters: asn1.RawValue{FullBytes: params},
		}, make([]byte, 16)})
		sealed := serializeSealed(params, make([]byte, 16))
		err = errors.Join(err, secret.put("s", SecretKey, sealed, nil, PutOptions{}),
			private.put("k", PrivateKey, body, nil, PutOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		for kind, s := range map[string]*Store{"secret key, ": secret, "private key, ": private} {
			var b bytes.Buffer
			if err := s.Encode(&b, NewPassword("p")); err != nil {
				t.Fatal(err)
			}
			rows[kind+name] = hostileRow{data: b.Bytes(), alias: s.entries[0].alias, keys: true,
				text: "parameters|iterations|salt of"}
		}
	}
}

// TestHostileRows: each is a typed error that says what, where and, if it is
// known, under which alias.
func TestHostileRows(t *testing.T) {
	t.Parallel()
	rows := hostileRows(t)
	for name, row := range rows {
		s, err := Decode(bytes.NewReader(row.data), NewPassword("p"))
		if row.keys {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			err = s.OpenKeys(t.Context(), NewPassword("p"))[0].Err
		}
		var where *FormatError
		if !errors.Is(err, row.want) || row.want == ErrFormat &&
			(!errors.As(err, &where) || where.Alias != row.alias || row.keys && where.Offset < 20) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.ContainsFunc(strings.Split(row.text, "|"),
			func(s string) bool { return strings.Contains(err.Error(), s) }) {
			t.Errorf("%s: %v says nothing of %q", name, err, row.text)
		}
	}
	t.Logf("%d rows", len(rows))
}

// TestChangedWhileRead: the first half of one store and the second of another
// is neither.
func TestChangedWhileRead(t *testing.T) {
	t.Parallel()
	s := openFixture(t, "trust.jks")
	old := fixture(t, "trust.jks")
	s.Delete("leaf")
	var b bytes.Buffer
	if err := s.Encode(&b, NewPassword("changeit")); err != nil {
		t.Fatal(err)
	}
	for at := range b.Len() {
		r := io.MultiReader(bytes.NewReader(old[:at]), bytes.NewReader(b.Bytes()[at:]))
		got, err := Decode(r, NewPassword("changeit"))
		if err == nil && got.Len() != 2 || err != nil && !isAny(err, ErrFormat, ErrIntegrity) {
			t.Fatalf("changed at %d: %v", at, err)
		}
	}
	// It grew, and it shrank, after its size was asked for.
	for _, data := range [][]byte{append(bytes.Clone(old), old...), old[:100]} {
		if s, err := Decode(sizedReader{bytes.NewReader(data), len(old)},
			NewPassword("changeit")); err == nil && len(s.Warnings()) == 0 {
			t.Error("no warning and no error")
		}
	}
}

// sizedReader says another length than it has.
type sizedReader struct {
	io.Reader
	n int
}

func (r sizedReader) Len() int { return r.n }

// integrity is the digest that a store with this content ends with.
func integrity(password string, content []byte) []byte {
	h := newIntegrity(password)
	h.Write(content)
	return h.Sum(nil)
}
