package openidmtest

import (
	"crypto/tls"
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/keys"
)

func (o Options) openStores() (own, trusted *keystore.Store, err error) {
	if o.StoresOf != nil {
		return o.StoresOf.Keystore(), o.StoresOf.Truststore(), nil
	}
	return keys.OpenStores(keys.Options{Keystore: o.Keystore, Truststore: o.Truststore, Password: o.Password,
		Role: o.Role.String(), CommonName: o.CommonName, NotBefore: o.NotBefore, NotAfter: o.NotAfter,
		Keys: o.Generation.traits().Keys, ECDSA: o.ECDSA})
}

// useStores takes over both stores: the certificate that is presented, what
// is trusted, and the key of encrypted values.
func (s *Server) useStores(own, trusted *keystore.Store) error {
	e, ok := own.Entry(keys.ServerAlias)
	if !ok {
		return fmt.Errorf("reading the keystore: %w: %s", keystore.ErrNoSuchAlias, keys.ServerAlias)
	}
	key, err := e.PrivateKey(s.options.Password)
	if err != nil {
		return fmt.Errorf("opening key %s: %w", keys.ServerAlias, err)
	}
	chain, err := e.Certificates()
	if err != nil {
		return fmt.Errorf("reading the certificate of %s: %w", keys.ServerAlias, err)
	}
	v, err := keys.OpenVault(own, s.options.Password)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return fmt.Errorf("reading the certificate of %s: there is none", keys.ServerAlias)
	}
	s.mu.Lock()
	s.keystore, s.truststore = own, trusted
	s.trust = jvmtrust.New(trusted)
	s.cert = chain[0]
	s.tls = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: e.RawCertificates(), PrivateKey: key}},
		NextProtos:   []string{"http/1.1"},
		// The Java of these servers has no ML-KEM, which takes a quarter of a handshake.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
	s.mu.Unlock()
	if s.world != nil {
		s.world.mu.Lock()
		s.world.vault.Rekey(v)
		s.world.mu.Unlock()
		return nil
	}
	v.Salted = s.options.Generation.traits().New
	s.world = newWorld(s.options, v)
	return nil
}

// WriteStores writes the two stores as keystore.jceks and truststore into
// dir, as a real server has them in its folder security.
func (s *Server) WriteStores(dir string) error {
	for name, store := range map[string]*keystore.Store{"keystore.jceks": s.Keystore(), "truststore": s.Truststore()} {
		if err := keystore.WriteFile(filepath.Join(dir, name), store, s.options.Password); err != nil {
			return fmt.Errorf("writing the stores: %w", err)
		}
	}
	return nil
}
