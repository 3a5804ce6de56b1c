package keystore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

// manifestStore is what Java read in a fixture.
type manifestStore struct {
	Type     string          `json:"type"`
	SHA256   string          `json:"sha256"`
	Password string          `json:"password"`
	Entries  []manifestEntry `json:"entries"`
}

type manifestEntry struct {
	Alias       string                `json:"alias"`
	Created     int64                 `json:"created"`
	Kind        Kind                  `json:"kind"`
	Algorithm   string                `json:"algorithm,omitempty"`
	KeySHA256   string                `json:"keySha256,omitempty"`
	PKCS8SHA256 string                `json:"pkcs8Sha256,omitempty"`
	KeyPassword string                `json:"keyPassword,omitempty"`
	Chain       []manifestCertificate `json:"chain,omitempty"`
	Certificate *manifestCertificate  `json:"certificate,omitempty"`
}

type manifestCertificate struct {
	SHA256  string `json:"sha256"`
	Subject string `json:"subject"`
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "fixtures", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// TestFixtures: every store as Java reads it, keys included.
func TestFixtures(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	if len(manifest) < 20 {
		t.Fatalf("%d fixtures, expected at least 20", len(manifest))
	}
	names := slices.Sorted(maps.Keys(manifest))
	sample := exhaustive.Sample(names, 8)
	t.Logf("%s fixtures", ofAll(len(sample), len(names)))
	for _, name := range sample {
		want := manifest[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if sum(fixture(t, name)) != want.SHA256 {
				t.Fatal("the fixture is not the one of the manifest")
			}
			s, err := Open(filepath.Join("testdata", "fixtures", name), NewPassword(want.Password))
			if err != nil {
				t.Fatal(err)
			}
			if string(s.Format()) != want.Type || !s.Verified() || len(s.Warnings()) > 0 {
				t.Errorf("format %s, verified %v, warnings %v", s.Format(), s.Verified(), s.Warnings())
			}
			got := []manifestEntry{}
			for e := range s.Entries() {
				got = append(got, seen(t, e, want))
			}
			expected := append([]manifestEntry{}, want.Entries...)
			if name == "trust.p12" {
				// go-pkcs12 shows neither alias nor date.
				for i := range expected {
					expected[i].Alias, expected[i].Created = "", 0
				}
			}
			order := func(a, b manifestEntry) int {
				if c := strings.Compare(a.Alias, b.Alias); c != 0 || a.Certificate == nil {
					return c
				}
				return strings.Compare(a.Certificate.SHA256, b.Certificate.SHA256)
			}
			slices.SortFunc(got, order)
			slices.SortFunc(expected, order)
			if d := cmp.Diff(expected, got); d != "" {
				t.Errorf("as Java reads it (-), as we do (+):\n%s", d)
			}
		})
	}
}

func seen(t *testing.T, e Entry, want manifestStore) manifestEntry {
	t.Helper()
	m := manifestEntry{Alias: e.Alias, Kind: e.Kind}
	if !e.Created.IsZero() {
		m.Created = e.Created.UnixMilli()
	}
	password := want.Password
	for _, w := range want.Entries {
		if w.Alias == e.Alias && w.KeyPassword != "" {
			password, m.KeyPassword = w.KeyPassword, w.KeyPassword
		}
	}
	var certs []manifestCertificate
	for _, der := range e.RawCertificates() {
		certs = append(certs, manifestCertificate{CertificateFingerprint(der), CertificateSubject(der)})
	}
	switch e.Kind {
	case PrivateKey:
		der, err := e.PKCS8(NewPassword(password))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.PrivateKey(NewPassword(password)); err != nil {
			t.Error(err)
		}
		m.PKCS8SHA256, m.Algorithm, m.Chain = sum(der), e.Algorithm(), certs
	case SecretKey:
		algorithm, key, err := e.SecretKey(NewPassword(password))
		if err != nil {
			t.Fatal(err)
		}
		m.KeySHA256, m.Algorithm = sum(key), algorithm
	case TrustedCertificate:
		m.Certificate = &certs[0]
	}
	return m
}

// TestIdentity: a store that was read and not changed is written as it was.
func TestIdentity(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	n := 0
	for name, m := range manifest {
		if m.Type == "PKCS12" {
			continue
		}
		n++
		before := fixture(t, name)
		s, err := Decode(bytes.NewReader(before), NewPassword(m.Password))
		if err != nil {
			t.Fatal(err)
		}
		var after bytes.Buffer
		if err := s.Encode(&after, NewPassword(m.Password)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after.Bytes()) {
			t.Errorf("%s changed", name)
		}
	}
	if n < 18 {
		t.Errorf("%d stores, expected at least 18", n)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	for name := range manifest {
		if _, err := Decode(bytes.NewReader(fixture(t, name)), NewPassword("wrong")); !isAny(err,
			ErrIntegrity) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := Decode(bytes.NewReader(fixture(t, "otherkeypass.jceks")), NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	for e := range s.Entries() {
		var err error
		if e.Kind == SecretKey {
			_, _, err = e.SecretKey(NewPassword("changeit"))
		} else {
			_, err = e.PKCS8(NewPassword("changeit"))
		}
		if !isAny(err, ErrKeyPassword) {
			t.Errorf("%s: %v", e.Alias, err)
		}
	}
}

// TestKeyPasswordInUTF8: Java 25 wrote it, older ones open it with no password.
func TestKeyPasswordInUTF8(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join("testdata", "utf8-key-password.jceks"), NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	e, _ := s.Entry("k")
	if algorithm, key, err := e.SecretKey(NewPassword("鍵😀")); err != nil || algorithm != "AES" || len(key) != 16 {
		t.Errorf("%s, %d bytes, %v", algorithm, len(key), err)
	}
	for _, wrong := range []string{"鍵", "changeit", "\u9375?"} {
		if _, _, err := e.SecretKey(NewPassword(wrong)); !isAny(err, ErrKeyPassword) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := s.PutSecretKey("k2", "AES", make([]byte, 16), PutOptions{Password: NewPassword("鍵😀")}); err == nil {
		t.Error("a key is written that only the newest Java opens")
	}
}

func openFixture(t testing.TB, name string) *Store {
	t.Helper()
	s, err := Decode(bytes.NewReader(fixture(t, name)), NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
