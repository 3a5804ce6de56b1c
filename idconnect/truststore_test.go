package idconnect_test

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// TestTruststorePasswordsDiffer: the target's truststore is the package's at first, with the password that its own
// boot.properties says, and the source's once it was copied, with the source's. No single password opens both.
func TestTruststorePasswordsDiffer(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]string{"of boot.properties": "", "given": "Trust+Store/21"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5)
			w.u.Target.TruststorePassword = keystore.NewPassword(given)
			from := filepath.Join(w.u.SourceDir, "security", "truststore")
			s, err := keystore.Open(from, keystore.NewPassword("changeit"))
			must(t, err)
			must(t, keystore.WriteFile(from, s, keystore.NewPassword("Trust+Store/21")))
			boot := strings.Replace(testBoot, "openidm.truststore.password=changeit",
				"openidm.truststore.password=Trust+Store/21", 1)
			must(t, os.WriteFile(filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties"), []byte(boot), 0o644))
			w.u.Steps = []string{idconnect.StepUnpack}
			_, err = w.u.Run(t.Context())
			must(t, err)
			to := filepath.Join(w.u.TargetDir, "security", "truststore")
			must(t, keystore.WriteFile(to, keystore.New(keystore.JKS), keystore.NewPassword("changeit")))
			// Nothing but its truststore says who the target is.
			look := func(when string) {
				w.u.Steps = nil
				plan, err := w.u.Plan(t.Context())
				must(t, err)
				for _, f := range plan.Findings {
					if f.Code == "TARGET-TLS" {
						t.Errorf("%s the copy: %+v", when, f)
					}
				}
			}
			look("before")
			w.u.Steps = []string{idconnect.StepStores}
			_, err = w.u.Run(t.Context())
			must(t, err)
			look("after")
		})
	}
}
