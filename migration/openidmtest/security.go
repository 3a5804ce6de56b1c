package openidmtest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net/http"

	"github.com/idconnect-go/upgrade/keystore"
)

// security serves security/keystore and security/truststore: what is in them,
// and their certificates. Keys never leave the server.
func (s *Server) security(c *call) (*result, *restError) {
	if len(c.segs) < 2 {
		return nil, notFound(c.path)
	}
	s.mu.Lock()
	store := s.keystore
	if c.segs[1] == "truststore" {
		store = s.truststore
	}
	s.mu.Unlock()
	if c.segs[1] != "keystore" && c.segs[1] != "truststore" {
		return nil, notFound(c.path)
	}
	switch len(c.segs) {
	case 2:
		switch c.operation {
		case "read":
		case "action":
			return nil, fail(http.StatusBadRequest, "Unsupported action %s", c.action)
		default:
			return nil, unsupported(c)
		}
		aliases := []string{}
		for e := range store.Entries() {
			aliases = append(aliases, e.Alias)
		}
		return &result{body: pick(record{
			"_id": c.segs[1], "type": string(store.Format()), "aliases": aliases,
			// A real server adds some 200 properties of the provider.
			"provider": record{"Provider.id name": "SunJCE", "Provider.id className": "com.sun.crypto.provider.SunJCE"},
		}, c.fields)}, nil
	case 4:
		switch c.segs[2] {
		case "cert":
			if c.operation != "read" {
				return nil, unsupported(c)
			}
			return certificate(store, c)
		case "privatekey":
			return nil, unsupported(c)
		}
	}
	return nil, notFound(c.path)
}

func certificate(store *keystore.Store, c *call) (*result, *restError) {
	e, ok := store.Entry(c.segs[3])
	if !ok {
		return nil, fail(http.StatusNotFound, "Not Found")
	}
	if e.Kind == keystore.SecretKey {
		return nil, fail(http.StatusInternalServerError, `Cannot invoke "java.security.cert.Certificate.getType()" because "cert" is null`)
	}
	chain, err := e.Certificates()
	if err != nil || len(chain) == 0 {
		return nil, fail(http.StatusInternalServerError, "the certificate cannot be read")
	}
	cert := chain[0]
	spki, err := x509.MarshalPKIXPublicKey(cert.PublicKey)
	if err != nil {
		return nil, fail(http.StatusInternalServerError, "the public key cannot be read")
	}
	return &result{body: pick(record{
		"_id": c.segs[3], "type": "X.509",
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
		"publicKey": record{
			"algorithm": cert.PublicKeyAlgorithm.String(), "format": "X.509",
			"encoded": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
		},
		"issuer":    nameParts(cert.Issuer),
		"notBefore": cert.NotBefore.UnixMilli(), "notAfter": cert.NotAfter.UnixMilli(),
	}, c.fields)}, nil
}

func nameParts(n pkix.Name) record {
	short := map[string]string{
		"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
	}
	out := record{}
	for _, a := range n.Names {
		if name, ok := short[a.Type.String()]; ok {
			out[name] = a.Value
		}
	}
	return out
}
