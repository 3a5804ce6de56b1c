package openidmtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// serverAlias is the key that the server presents.
const serverAlias = "openidm-localhost"

// iterations of the protection of keys that are made here: less than a real
// server's, so that starting a fake takes no time.
const iterations = 1000

func openStores(o Options) (keys, trusted *keystore.Store, err error) {
	if o.Keystore == "" && o.Truststore == "" {
		keys, trusted = keystore.New(keystore.JCEKS), keystore.New(keystore.JKS)
		return keys, trusted, fillStores(o, keys, trusted)
	}
	if keys, err = keystore.Open(o.Keystore, o.Password); err != nil {
		return nil, nil, err
	}
	if trusted, err = keystore.Open(o.Truststore, o.Password); err != nil || keys.Len() > 0 {
		return keys, trusted, err
	}
	// 3.1 ships an empty keystore, which the first start fills (H).
	if err := fillStores(o, keys, trusted); err != nil {
		return nil, nil, err
	}
	err = keystore.WriteFile(o.Keystore, keys, o.Password)
	return keys, trusted, errors.Join(err, keystore.WriteFile(o.Truststore, trusted, o.Password))
}

// fillStores makes what a server has after its first start.
func fillStores(o Options, keys, trusted *keystore.Store) error {
	now := time.Now()
	if o.NotBefore.IsZero() {
		o.NotBefore = now.AddDate(0, 0, -1)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = now.AddDate(10, 0, 0)
	}
	key, cert, err := selfSigned(keyName{o.Role, serverAlias, o.CommonName}, o.NotBefore, o.NotAfter)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	selfService := keyName{o.Role, "selfservice", "localhost"}
	selfServiceKey, selfServiceCert, err := selfSigned(selfService, o.NotBefore, o.NotAfter)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	put := keystore.PutOptions{Created: now, Password: o.Password, Iterations: iterations}
	secret := func(alias, algorithm string, n int) error {
		b := make([]byte, n)
		rand.Read(b)
		return keys.PutSecretKey(alias, algorithm, b, put)
	}
	chain := []*x509.Certificate{cert}
	err = secret(symmetricAlias, "AES", 16)
	for _, alias := range o.Generation.traits().Keys {
		switch alias {
		case selfService.alias:
			err = errors.Join(err, keys.PutPrivateKey(alias, selfServiceKey, []*x509.Certificate{selfServiceCert}, put))
		case "openidm-jwtsessionhmac-key":
			err = errors.Join(err, secret(alias, "HmacSHA256", 32))
		default:
			err = errors.Join(err, secret(alias, "AES", 16))
		}
	}
	err = errors.Join(err, keys.PutPrivateKey(serverAlias, key, chain, put),
		trusted.PutPrivateKey(serverAlias, key, chain, put))
	if err != nil {
		return fmt.Errorf("making key stores: %w", err)
	}
	return nil
}

// keyName tells the keys of a process apart. Those of a source and a target
// differ, as do those of servers with different certificate names.
type keyName struct {
	role              Role
	alias, commonName string
}

// madeKeys has a func() (*rsa.PrivateKey, error) for each keyName. A key is made
// once for a process, since that takes a tenth of a second or more.
var madeKeys sync.Map

func makeKey(name keyName) (*rsa.PrivateKey, error) {
	once, _ := madeKeys.LoadOrStore(name, sync.OnceValues(func() (*rsa.PrivateKey, error) {
		return rsa.GenerateKey(rand.Reader, 2048)
	}))
	return once.(func() (*rsa.PrivateKey, error))()
}

// selfSigned makes a certificate as a server makes its own: without subject
// alternative names, and without any other extension. Each is another one, be
// it of the same key.
func selfSigned(name keyName, notBefore, notAfter time.Time) (crypto.Signer, *x509.Certificate, error) {
	key, err := makeKey(name)
	if err != nil {
		return nil, nil, err
	}
	subject := pkix.Name{
		Country: []string{"None"}, Province: []string{"None"}, Locality: []string{"None"},
		OrganizationalUnit: []string{"None"}, Organization: []string{"OpenIDM Self-Signed Certificate"},
		CommonName: name.commonName,
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: subject,
		NotBefore: notBefore, NotAfter: notAfter, SignatureAlgorithm: x509.SHA512WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}

// useStores takes over both stores: the certificate that is presented, what
// is trusted, and the key of encrypted values.
func (s *Server) useStores(keys, trusted *keystore.Store) error {
	e, ok := keys.Entry(serverAlias)
	if !ok {
		return fmt.Errorf("reading the keystore: %w: %s", keystore.ErrNoSuchAlias, serverAlias)
	}
	key, err := e.PrivateKey(s.options.Password)
	if err != nil {
		return fmt.Errorf("opening key %s: %w", serverAlias, err)
	}
	chain, err := e.Certificates()
	if err != nil {
		return fmt.Errorf("reading the certificate of %s: %w", serverAlias, err)
	}
	v, err := openVault(keys, s.options.Password)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return fmt.Errorf("reading the certificate of %s: there is none", serverAlias)
	}
	s.mu.Lock()
	s.keystore, s.truststore = keys, trusted
	s.trust = jvmtrust.New(trusted)
	s.cert = chain[0]
	s.tls = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: e.RawCertificates(), PrivateKey: key}},
		NextProtos:   []string{"http/1.1"},
	}
	s.mu.Unlock()
	if s.world != nil {
		s.world.mu.Lock()
		s.world.vault.block, s.world.vault.key = v.block, v.key
		s.world.mu.Unlock()
		return nil
	}
	v.salted = s.options.Generation.traits().New
	s.world = newWorld(s.options, v)
	return nil
}

// WriteStores writes the two stores as keystore.jceks and truststore into
// dir, as a real server has them in its folder security.
func (s *Server) WriteStores(dir string) error {
	if err := keystore.WriteFile(filepath.Join(dir, "keystore.jceks"), s.Keystore(),
		s.options.Password); err != nil {
		return fmt.Errorf("writing the stores: %w", err)
	}
	if err := keystore.WriteFile(filepath.Join(dir, "truststore"), s.Truststore(), s.options.Password); err != nil {
		return fmt.Errorf("writing the stores: %w", err)
	}
	return nil
}
