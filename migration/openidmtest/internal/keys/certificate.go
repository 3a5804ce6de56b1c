package keys

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/http"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// IsNamed reports whether a certificate has the name of a header Host, as Jetty's
// SNI check demands.
func IsNamed(cert *x509.Certificate, host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	trust := jvmtrust.New()
	trust.Add(cert)
	trust.Now = func() time.Time { return cert.NotBefore }
	return trust.Verify(host, []*x509.Certificate{cert}) == nil
}

// Certificate is what security/keystore/cert/ALIAS answers, with the fields asked for.
func Certificate(store *keystore.Store, alias string, fields []string) (*crest.Result, *crest.Error) {
	e, ok := store.Entry(alias)
	if !ok {
		return nil, crest.Errorf(http.StatusNotFound, "Not Found")
	}
	if e.Kind == keystore.SecretKey {
		return nil, crest.InternalError(
			`Cannot invoke "java.security.cert.Certificate.getType()" because "cert" is null`)
	}
	chain, err := e.Certificates()
	if err != nil || len(chain) == 0 {
		return nil, crest.InternalError("the certificate cannot be read")
	}
	cert := chain[0]
	spki, err := x509.MarshalPKIXPublicKey(cert.PublicKey)
	if err != nil {
		return nil, crest.InternalError("the public key cannot be read")
	}
	return &crest.Result{Body: crest.Pick(crest.Record{
		"_id": alias, "type": "X.509",
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
		"publicKey": crest.Record{
			"algorithm": cert.PublicKeyAlgorithm.String(), "format": "X.509",
			"encoded": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
		},
		"issuer":    nameParts(cert.Issuer),
		"notBefore": cert.NotBefore.UnixMilli(), "notAfter": cert.NotAfter.UnixMilli(),
	}, fields)}, nil
}

func nameParts(n pkix.Name) crest.Record {
	short := map[string]string{
		"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
	}
	out := crest.Record{}
	for _, a := range n.Names {
		if name, ok := short[a.Type.String()]; ok {
			out[name] = a.Value
		}
	}
	return out
}
