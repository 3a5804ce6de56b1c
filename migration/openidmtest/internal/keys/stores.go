package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// ServerAlias is the key that the server presents.
const ServerAlias = "openidm-localhost"

// iterations of the protection of keys that are made here: less than a real
// server's, so that starting a fake takes no time.
const iterations = 100

// Options say which stores a server has.
type Options struct {
	Keystore, Truststore string // paths; both "": in memory
	Password             keystore.Password
	Role, CommonName     string
	ECDSA                bool      // the server's key is on P-256
	NotBefore, NotAfter  time.Time // of a certificate that is made
	Keys                 []string  // secret keys that are made besides SymmetricAlias
}

// OpenStores opens the two stores, or makes them.
func OpenStores(o Options) (keys, trusted *keystore.Store, err error) {
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
	pair, err := selfSigned(keyName{o.Role, ServerAlias, o.CommonName, o.ECDSA}, o.NotBefore, o.NotAfter)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	put := keystore.PutOptions{Created: now, Password: o.Password, Iterations: iterations}
	secret := func(alias, algorithm string, n int) error {
		b := make([]byte, n)
		rand.Read(b)
		return keys.PutSecretKey(alias, algorithm, b, put)
	}
	key, chain := pair.PrivateKey, []*x509.Certificate{pair.Leaf}
	err = secret(SymmetricAlias, "AES", 16)
	for _, alias := range o.Keys {
		switch alias {
		case selfService:
			own, failed := selfServicePair(o)
			chain := []*x509.Certificate{own.Leaf}
			err = errors.Join(err, failed, keys.PutPrivateKey(alias, own.PrivateKey, chain, put))
		case "openidm-jwtsessionhmac-key":
			err = errors.Join(err, secret(alias, "HmacSHA256", 32))
		default:
			err = errors.Join(err, secret(alias, "AES", 16))
		}
	}
	err = errors.Join(err, keys.PutPrivateKey(ServerAlias, key, chain, put),
		trusted.PutPrivateKey(ServerAlias, key, chain, put))
	if err != nil {
		return fmt.Errorf("making key stores: %w", err)
	}
	return nil
}

// keyName tells the keys of a process apart. Those of a source and a target
// differ, as do those of servers with different certificate names.
type keyName struct {
	role, alias, commonName string
	ecdsa                   bool
}

// kept has a func() (V, error) for each thing that is made once for a process, since a
// key takes a tenth of a second or more.
var kept sync.Map

// once makes a value for a name, or returns the one that was made.
func once[K comparable, V any](name K, make func() (V, error)) (V, error) {
	f, _ := kept.LoadOrStore(name, sync.OnceValues(make))
	return f.(func() (V, error))()
}

// selfService is the alias of a key that is made besides that of the server.
const selfService = "selfservice"

// selfServicePair is the same for each role and validity: nobody is shown this
// certificate, so that the servers of a process share it.
func selfServicePair(o Options) (tls.Certificate, error) {
	type name struct {
		role      string
		from, end time.Time
	}
	return once(name{o.Role, o.NotBefore, o.NotAfter}, func() (tls.Certificate, error) {
		return selfSigned(keyName{o.Role, selfService, "localhost", false}, o.NotBefore, o.NotAfter)
	})
}

// selfSigned makes a certificate as a server makes its own: without subject
// alternative names, and without any other extension. Each is another one, be
// it of the same key. Zero times mean yesterday and ten years from now.
func selfSigned(name keyName, notBefore, notAfter time.Time) (pair tls.Certificate, err error) {
	key, err := once(name, func() (crypto.Signer, error) {
		if name.ecdsa {
			return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		}
		return rsa.GenerateKey(rand.Reader, 2048)
	})
	if err != nil {
		return pair, err
	}
	if notBefore.IsZero() {
		notBefore = time.Now().AddDate(0, 0, -1)
	}
	if notAfter.IsZero() {
		notAfter = time.Now().AddDate(10, 0, 0)
	}
	subject := pkix.Name{
		Country: []string{"None"}, Province: []string{"None"}, Locality: []string{"None"},
		OrganizationalUnit: []string{"None"}, Organization: []string{"OpenIDM Self-Signed Certificate"},
		CommonName: name.commonName,
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	if err != nil {
		return pair, err
	}
	algorithm := x509.SHA512WithRSA
	if name.ecdsa {
		algorithm = x509.ECDSAWithSHA512
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: subject,
		NotBefore: notBefore, NotAfter: notAfter, SignatureAlgorithm: algorithm,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return pair, err
	}
	pair.PrivateKey = key
	pair.Leaf, err = x509.ParseCertificate(der)
	return pair, err
}
