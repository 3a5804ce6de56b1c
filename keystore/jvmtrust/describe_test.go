package jvmtrust

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// TestDescribe: what is said of certificates is what keytool -v -list says.
func TestDescribe(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "testdata", "fixtures", "trust.jks")
	said := javatest.Keytool(t, "-list", "-v", "-keystore", path, "-storetype", "JKS", "-storepass", "changeit")
	store, err := keystore.Open(path, keystore.NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	for e := range store.Entries() {
		d, err := Describe(e.RawCertificates()[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Serial number: " + d.Serial, "SHA1: " + Colons(d.SHA1),
			"SHA256: " + Colons(d.SHA256), "Signature algorithm name: " + d.Signature, "-bit " + d.Key} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: keytool does not say %q", e.Alias, want)
			}
		}
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	end := time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]int{
		0: 0, time.Hour: 0, 24 * time.Hour: 1, 47 * time.Hour: 1, -time.Second: -1, -25 * time.Hour: -2,
	} {
		if got := (Description{NotAfter: end}).DaysLeft(end.Add(-left)); got != want {
			t.Errorf("%v: %d days", left, got)
		}
	}
}
