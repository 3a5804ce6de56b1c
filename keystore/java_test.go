package keystore

import (
	"crypto"

	//lint:ignore SA1019 Java stores hold DSA keys
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// question asks Java for one store.
type question struct {
	format                      Format
	path, password, keyPassword string
}

// seenEntry is an entry as Java and we tell it alike.
type seenEntry struct {
	Alias, Kind, Algorithm, Key string
	Created                     int64
	Certificates                []string // SHA-256 and subject
}

func (e seenEntry) sameAlias(o seenEntry) int { return strings.Compare(e.Alias, o.Alias) }

// askJava gives for each store its entries, or Java's error.
func askJava(t *testing.T, questions []question) (stores [][]seenEntry, failed []string) {
	t.Helper()
	var lines []string
	for _, q := range questions {
		lines = append(lines, fmt.Sprintf("%s\t%x\t%x\t%x", q.format, q.path, q.password, q.keyPassword))
	}
	for _, line := range ask(t, lines) {
		f := strings.Split(line, "\t")
		if f[0] == "store" {
			stores = append(stores, []seenEntry{})
			failed = append(failed, unhex(t, f[1]))
			continue
		}
		created, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		e := seenEntry{Alias: wide(t, f[1]), Created: created, Kind: f[3], Algorithm: f[4], Key: f[5]}
		for _, c := range f[6:] {
			sum, subject, _ := strings.Cut(c, " ")
			e.Certificates = append(e.Certificates, sum+" "+unhex(t, subject))
		}
		last := &stores[len(stores)-1]
		*last = append(*last, e)
	}
	if len(stores) != len(questions) {
		t.Fatalf("Java answered %d of %d questions", len(stores), len(questions))
	}
	for _, s := range stores {
		slices.SortFunc(s, seenEntry.sameAlias)
	}
	return stores, failed
}

func TestMain(m *testing.M) { javatest.Main(m) }

// ask gives the answers of ReadStore.java to some lines.
func ask(t *testing.T, lines []string) (answers []string) {
	t.Helper()
	return strings.Split(strings.TrimSpace(javatest.Run(t, "ReadStore", lines...)), "\n")
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wide reads UTF-16. What is none, which Java minds as little as we do, stays
// hexadecimal.
func wide(t *testing.T, s string) string {
	t.Helper()
	b := []byte(unhex(t, s))
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	if text := utf16.Decode(units); !slices.Contains(text, unicode.ReplacementChar) {
		return string(text)
	}
	return "UTF-16: " + s
}

func shownAlias(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return "UTF-16: " + hex.EncodeToString(javatext.UTF16BE(s))
}

// see tells a store as Java does.
func see(t *testing.T, s *Store, keyPassword string) []seenEntry {
	t.Helper()
	out := []seenEntry{}
	for e := range s.Entries() {
		v := seenEntry{Alias: shownAlias(e.Alias), Kind: string(e.Kind), Created: e.Created.UnixMilli()}
		for _, der := range e.RawCertificates() {
			v.Certificates = append(v.Certificates, CertificateFingerprint(der)+" "+CertificateSubject(der))
		}
		switch e.Kind {
		case PrivateKey:
			if der, err := e.PKCS8(NewPassword(keyPassword)); err == nil {
				v.Algorithm, v.Key = algorithmOf(der), sum(der)
			} else {
				v.Kind = "key"
			}
		case SecretKey:
			if algorithm, key, err := e.SecretKey(NewPassword(keyPassword)); err == nil {
				v.Algorithm, v.Key = algorithm, sum(key)
			} else {
				v.Kind = "key"
			}
		}
		out = append(out, v)
	}
	slices.SortFunc(out, seenEntry.sameAlias)
	return out
}

// agree opens a sample of the stores, at most n, or with EXHAUSTIVE=1 every one, and compares with Java.
func agree(t *testing.T, all []question, n int) {
	t.Helper()
	slices.SortFunc(all, func(a, b question) int { return strings.Compare(a.path, b.path) })
	questions := exhaustive.Sample(all, n)
	answers, failed := askJava(t, questions)
	agreed, entries := 0, 0
	defer func() {
		t.Logf("%d of %s stores as Java reads them, with %d entries", agreed, ofAll(len(questions), len(all)),
			entries)
	}()
	for i, q := range questions {
		name := filepath.Base(q.path)
		s, err := Open(q.path, NewPassword(q.password))
		if (err == nil) != (failed[i] == "") {
			t.Errorf("%s: Java says %q, we say %v", name, failed[i], err)
		}
		if err != nil || failed[i] != "" {
			if err != nil && failed[i] != "" {
				agreed++
			}
			continue
		}
		got := see(t, s, q.keyPassword)
		for j, e := range got {
			if e.Created == (time.Time{}).UnixMilli() && q.format == PKCS12 && j < len(answers[i]) {
				answers[i][j].Created = e.Created // the file has none, and Java says that it is now
			}
		}
		if d := cmp.Diff(answers[i], got); d != "" {
			t.Errorf("%s as Java reads it (-), as we do (+):\n%s", name, d)
			continue
		}
		agreed++
		entries += s.Len()
	}
}

// ofAll tells a sample from the whole: "7", or "2 of 7".
func ofAll(n, all int) string {
	if n == all {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %d", n, all)
}

// TestJavaFixtures: Java on this machine reads the fixtures as we do.
func TestJavaFixtures(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	var questions []question
	for name, m := range manifest {
		switch name {
		case "trust.p12":
			continue // go-pkcs12 shows neither alias nor date
		case "iter5000000.jceks":
			continue // takes Java seconds, and TestJavaReadsOurs has one too
		}
		questions = append(questions, question{Format(m.Type), filepath.Join("testdata", "fixtures", name),
			m.Password, m.Password})
	}
	agree(t, questions, 4)
}

// selfSigned makes a certificate for a key, with any subject.
func selfSigned(t testing.TB, key crypto.Signer, subject []byte) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1e9, 0),
		NotAfter: time.Unix(4e9, 0), RawSubject: subject}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func commonName(t testing.TB, cn string) []byte {
	t.Helper()
	der, err := asn1.Marshal(pkix.Name{CommonName: cn}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var generated = sync.OnceValues(func() (map[string]crypto.Signer, error) {
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	large, largeErr := rsa.GenerateKey(rand.Reader, 3072)
	p256, p256Err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, p384Err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p521, p521Err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	_, ed, edErr := ed25519.GenerateKey(rand.Reader)
	return map[string]crypto.Signer{"rsa2048": small, "rsa3072": large, "p256": p256, "p384": p384, "p521": p521,
			"ed25519": ed},
		errors.Join(err, largeErr, p256Err, p384Err, p521Err, edErr)
})

// testKeys are a key of each kind, made once: to make them takes long.
func testKeys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	keys, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// putAll puts an entry of every algorithm that we write, with aliases and dates of all kinds.
func putAll(t *testing.T, s *Store, o PutOptions) {
	t.Helper()
	var signed *x509.Certificate
	for name, key := range testKeys(t) {
		signed = selfSigned(t, key, commonName(t, name))
		if err := s.PutPrivateKey("Ключ "+name, key, []*x509.Certificate{signed}, o); err != nil {
			t.Fatal(err)
		}
	}
	dsaEntry, ok := openFixture(t, "keys.jceks").Entry("dsa")
	if !ok {
		t.Fatal("no DSA key")
	}
	key, err := dsaEntry.PrivateKey(NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutPrivateKey("dsa", key.(*dsa.PrivateKey), []*x509.Certificate{signed}, o); err != nil {
		t.Fatal(err)
	}
	if err := s.PutCertificate("İΣ key😀\x00", signed, o); err != nil {
		t.Fatal(err)
	}
	for _, ms := range []int64{-1, 0, -1234567890123, 1 << 53, math.MaxInt64, math.MinInt64} {
		if err := s.PutCertificate(fmt.Sprint("dated ", ms), signed,
			PutOptions{Created: time.UnixMilli(ms)}); err != nil {
			t.Fatal(err)
		}
	}
	// No call makes one, and Java lets it be: a key without certificates.
	keyEntry, _ := s.Entry("ключ p256")
	if err := s.put("no certificate", PrivateKey, keyEntry.e.fields().body, nil, o); err != nil {
		t.Fatal(err)
	}
	if s.Format() == JKS {
		return
	}
	for _, k := range []struct {
		algorithm string
		size      int
	}{{"AES", 16}, {"AES", 24}, {"AES", 32}, {"HmacSHA256", 32}, {"HmacSHA512", 1000}, {"DESede", 24},
		{"Blowfish", 5}} {
		key := make([]byte, k.size)
		rand.Read(key)
		if err := s.PutSecretKey(fmt.Sprintf("鍵 %s %d", k.algorithm, k.size), k.algorithm, key,
			o); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJavaReadsOurs: every algorithm, unicode aliases and passwords, iteration
// counts, both formats and versions.
func TestJavaReadsOurs(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "java")
	old := func(name string) *Store {
		s := openFixture(t, name)
		for e := range openFixture(t, name).Entries() {
			s.Delete(e.Alias)
		}
		if s.Len() != 0 || s.Version() != 1 {
			t.Fatal("not an empty store of version 1")
		}
		return s
	}
	type row struct {
		name                  string
		empty                 func() *Store
		password, keyPassword string
		iterations            int
	}
	jceks, jks := func() *Store { return New(JCEKS) }, func() *Store { return New(JKS) }
	all := []row{
		{"20.jceks", jceks, "changeit", "changeit", 20},
		{"10000.jceks", jceks, "changeit", "~ !#$ other", 10_000},
		{"default.jceks", jceks, "changeit", "changeit", 0},
		{"latin1.jks", jks, "changeit", "schlüssel", 0},
		{"unicode.jceks", jceks, "pässwörd鍵😀", "ascii", 33},
		{"unicode.jks", jks, "鍵😀", "鍵😀", 0},
		{"version1.jceks", func() *Store { return old("version1-chain.jceks") }, "pass", "k", 1},
		{"empty.jks", jks, "", "", 0},
		// As many iterations as Java takes, in a store of one key: that is seconds.
		{"5000000.jceks", jceks, "changeit", "k", maxIterations},
		{"version1.jks", func() *Store { return old("version1-key.jks") }, "changeit", "changeit", 0},
	}
	dir := t.TempDir()
	var questions []question
	for _, c := range exhaustive.Sample(all, 4) {
		s := c.empty()
		o := PutOptions{Password: NewPassword(c.keyPassword), Iterations: c.iterations,
			Created: time.UnixMilli(1234567890123)}
		switch {
		case c.iterations == maxIterations:
			if err := s.PutSecretKey("k", "AES", make([]byte, 16), o); err != nil {
				t.Fatal(err)
			}
		case c.name != "empty.jks":
			putAll(t, s, o)
		}
		path := filepath.Join(dir, c.name)
		if err := WriteFile(path, s, NewPassword(c.password)); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{s.Format(), path, c.password, c.keyPassword})
	}
	t.Logf("%s stores written", ofAll(len(questions), len(all)))
	agree(t, questions, len(questions))
}
