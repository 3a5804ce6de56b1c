package keystore

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// TestSecondOpinion: keystore-go reads the JKS fixtures as we do, and what we
// write of them.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"key.jks", "version1-key.jks", "trust.jks", "version1-trust.jks",
		"openidm-7.0.2-truststore.jks"} {
		ours := openFixture(t, name)
		if name == "trust.jks" { // a change, so that it is written anew
			ours.Delete("leaf")
		}
		var file bytes.Buffer
		if err := ours.Encode(&file, NewPassword("changeit")); err != nil {
			t.Fatal(err)
		}
		theirs := jks.New()
		if err := theirs.Load(&file, []byte("changeit")); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(theirs.Aliases()) != ours.Len() {
			t.Errorf("%s: %d entries, not %d", name, len(theirs.Aliases()), ours.Len())
		}
		for e := range ours.Entries() {
			var created time.Time
			var certs [][]byte
			if e.Kind == PrivateKey {
				k, err := theirs.GetPrivateKeyEntry(e.Alias, []byte("changeit"))
				if err != nil {
					t.Errorf("%s, %s: %v", name, e.Alias, err)
				}
				if der, err := e.PKCS8(NewPassword("changeit")); err != nil ||
					!bytes.Equal(der, k.PrivateKey) {
					t.Errorf("%s, %s: another key, %v", name, e.Alias, err)
				}
				created = k.CreationTime
				for _, c := range k.CertificateChain {
					certs = append(certs, c.Content)
				}
			} else {
				c, err := theirs.GetTrustedCertificateEntry(e.Alias)
				if err != nil {
					t.Errorf("%s, %s: %v", name, e.Alias, err)
				}
				created, certs = c.CreationTime, [][]byte{c.Certificate.Content}
			}
			if !created.Equal(e.Created) || !slices.EqualFunc(certs, e.RawCertificates(), bytes.Equal) {
				t.Errorf("%s, %s: another date or certificate", name, e.Alias)
			}
		}
	}
}

// TestJKSKeyPasswords: our own way to open a JKS key, for passwords that
// keystore-go cannot take, agrees with it where it can.
func TestJKSKeyPasswords(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"changeit", "schlüssel", "", "鍵", "😀", "mixed ü 鍵"} {
		p := NewPassword(password)
		for n := range 70 {
			plain := bytes.Repeat([]byte{7}, n)
			data := protectJKS(p, []byte("01234567890123456789"), plain)
			pw := javatext.UTF16BE(password)
			if got := xorJKS(pw, data[:20], data[20:len(data)-20]); !bytes.Equal(got, plain) {
				t.Fatalf("%q, %d bytes: %x", password, n, got)
			}
		}
	}
}

// TestReading: the reader's own errors, sizes and files that are no stores.
func TestReading(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	r := io.MultiReader(bytes.NewReader(fixture(t, "trust.jks")[:100]), iotest.ErrReader(broken))
	if _, err := Decode(r, NewPassword("changeit")); !errors.Is(err, broken) {
		t.Error(err)
	}
	if s, err := Decode(iotest.OneByteReader(bytes.NewReader(fixture(t, "trust.jks"))),
		NewPassword("changeit")); err != nil || s.Len() != 3 {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Password{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(t.TempDir(), Password{}); err == nil {
		t.Error("a folder was opened")
	}
	// A terabyte, of which the disk holds nothing; to read it takes minutes.
	path := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(path, fixture(t, "trust.jks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip("no sparse files")
	}
	started := time.Now()
	if _, err := Open(path, NewPassword("changeit")); !errors.Is(err, ErrTooLarge) ||
		!strings.Contains(err.Error(), path) || time.Since(started) > await.Patience {
		t.Errorf("%v after %v", err, time.Since(started))
	}
}

// TestListing: without the password a store is listed, and not called valid.
func TestListing(t *testing.T) {
	t.Parallel()
	s, err := Decode(bytes.NewReader(fixture(t, "openidm-7.0.2.jceks")), Password{})
	if err != nil || s.Verified() || s.Len() != 5 {
		t.Fatal(s, err)
	}
	e, ok := s.Entry("OpenIDM-Localhost")
	if !ok || e.Algorithm() != "RSA" || e.Kind != PrivateKey {
		t.Errorf("%+v", e)
	}
	if _, _, err := e.SecretKey(NewPassword("changeit")); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
	var none Entry
	if _, err := none.PKCS8(Password{}); !errors.Is(err, ErrKind) || none.RawCertificates() != nil ||
		none.Algorithm() != "" {
		t.Error("the zero entry")
	}
}

// TestStorePasswordChanges: under another password the container is as it was,
// and the keys keep theirs.
func TestStorePasswordChanges(t *testing.T) {
	t.Parallel()
	s := openFixture(t, "otherkeypass.jceks")
	var file bytes.Buffer
	if err := s.Encode(&file, NewPassword("näw")); err != nil {
		t.Fatal(err)
	}
	again, err := Decode(&file, NewPassword("näw"), WithKeyPassword(NewPassword("sec-changeit")))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range again.OpenKeys(t.Context(), Password{}) {
		if want := k.Entry.Kind == SecretKey; (k.Err == nil) != want ||
			!want && !errors.Is(k.Err, ErrKeyPassword) {
			t.Errorf("%s: %v", k.Entry.Alias, k.Err)
		}
	}
}
