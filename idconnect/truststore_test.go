package idconnect_test

import (
	"crypto/x509"
	"errors"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestTruststoreConflict: merged instead of copied, the target keeps what it
// has and trusts the source.
func TestTruststoreConflict(t *testing.T) {
	t.Parallel()
	for policy, wins := range map[keystore.Policy]string{
		keystore.Keep: "target", keystore.Replace: "source", keystore.Error: "",
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5)
			password := keystore.NewPassword("changeit")
			certificate := func(name string) *openidmtest.Server {
				return openidmtest.NewSource(t, openidmtest.Options{CommonName: name})
			}
			put := func(path string, s *keystore.Store, name string) {
				must(t, s.PutCertificate("shared", certificate(name).Certificate(), keystore.PutOptions{}))
				must(t, keystore.WriteFile(path, s, password))
			}
			from := filepath.Join(w.u.SourceDir, "security", "truststore")
			s, err := keystore.Open(from, password)
			must(t, err)
			put(from, s, "source")
			w.u.Steps = []string{idconnect.StepUnpack}
			_, err = w.u.Run(t.Context())
			must(t, err)
			to := filepath.Join(w.u.TargetDir, "security", "truststore")
			put(to, keystore.New(keystore.JKS), "target")
			w.u.Steps, w.u.TruststoreConflict = []string{idconnect.StepStores}, policy
			_, err = w.u.Run(t.Context())
			if wins == "" {
				if !errors.Is(err, keystore.ErrConflict) {
					t.Errorf("%v", err)
				}
				return
			}
			must(t, err)
			s, err = keystore.Open(to, password)
			must(t, err)
			e, _ := s.Entry("shared")
			if chain, err := e.Certificates(); err != nil || chain[0].Subject.CommonName != wins {
				t.Errorf("%v, %v", chain, err)
			}
			if err := jvmtrust.New(s).Verify(testHost, []*x509.Certificate{w.source.Certificate()}); err != nil {
				t.Errorf("the source is not trusted: %v", err)
			}
		})
	}
}
