package keystore

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOpenSSL: stores of openssl pkcs12 -export, version 3.0, with what
// openssl pkcs8 -topk8 and openssl x509 say of the same keys and certificates;
// "legacy" is by its option of that name. Java agrees, where it is installed.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	const (
		key   = "dfb15a50e6cc56fee136ecdc99745ec88c1500e2015becbbd398dc23aebfbe2a"
		cert  = "33d97e945c668dd9e78933877d360b29529964d535e913a08b2455c79389a6bf"
		aKey  = "72535e6e1bc39d9ae78c51db71056e1f25c9624b9c0ab29ba6a2f41eb365dd12"
		aCert = "38f242613b0ea1071d30550a4ab848c14a7217a883709294f7daeca49a138f0c"
	)
	var questions []question
	for name, c := range map[string]struct {
		alias, key string
		chain      []string
		refused    string
	}{
		"new":    {alias: "one", key: key, chain: []string{cert}},
		"legacy": {alias: "one", key: key, chain: []string{cert}},
		"noname": {alias: "1", key: key, chain: []string{cert}},
		"chain":  {alias: "leaf", key: aKey, chain: []string{aCert, cert}},
		"ec": {alias: "ec", key: "9a852abb88e0e1167edfd545c29091ba5a43cd8432c117e78a3cf22622aeccc6",
			chain: []string{"1916273f0873cc8cd8cba524f0116502d7fe55e315e43c8cf4d623085cbcc202"}},
		"ed":     {refused: "neither RSA nor EC"},
		"nokeys": {refused: "certificates that nothing says to trust"},
		"nomac":  {refused: "keys under no digest"},
		"none":   {refused: "a private key that is not encrypted"},
	} {
		path := filepath.Join("testdata", "openssl", name+".p12")
		s, err := Open(path, NewPassword("changeit"))
		if c.refused != "" {
			if !errors.Is(err, ErrPKCS12Unsupported) || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		questions = append(questions, question{PKCS12, path, "changeit", "changeit"})
		e, ok := s.Entry(c.alias)
		der, err := e.PKCS8(Password{})
		var chain []string
		for _, c := range e.RawCertificates() {
			chain = append(chain, CertificateFingerprint(c))
		}
		if !ok || err != nil || s.Len() != 1 || sum(der) != c.key || !e.Created.IsZero() ||
			!slices.Equal(chain, c.chain) {
			t.Errorf("%s: %d entries, %v, %q, %v", name, s.Len(), ok, chain, err)
		}
	}
	t.Run("as Java", func(t *testing.T) { agree(t, questions, 2) })
}
