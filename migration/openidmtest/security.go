package openidmtest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net/http"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/keystore"
)

// security serves security/keystore and security/truststore: what is in them,
// and their certificates. Keys never leave the server.
func (s *Server) security(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) < 2 {
		return nil, crest.NotFound(c.Path)
	}
	s.mu.Lock()
	store := s.keystore
	if c.Segments[1] == "truststore" {
		store = s.truststore
	}
	s.mu.Unlock()
	if c.Segments[1] != "keystore" && c.Segments[1] != "truststore" {
		return nil, crest.NotFound(c.Path)
	}
	switch len(c.Segments) {
	case 2:
		switch c.Operation {
		case "read":
		case "action":
			return nil, crest.BadRequest("Unsupported action %s", c.Action)
		default:
			return nil, crest.Unsupported(c.Request)
		}
		aliases := []string{}
		for e := range store.Entries() {
			aliases = append(aliases, e.Alias)
		}
		return &crest.Result{Body: crest.Pick(record{
			"_id": c.Segments[1], "type": string(store.Format()), "aliases": aliases,
			// A real server adds some 200 properties of the provider.
			"provider": record{"Provider.id name": "SunJCE",
				"Provider.id className": "com.sun.crypto.provider.SunJCE"},
		}, c.Fields)}, nil
	case 4:
		switch c.Segments[2] {
		case "cert":
			if c.Operation != "read" {
				return nil, crest.Unsupported(c.Request)
			}
			return certificate(store, c)
		case "privatekey":
			return nil, crest.Unsupported(c.Request)
		}
	}
	return nil, crest.NotFound(c.Path)
}

func certificate(store *keystore.Store, c *call) (*crest.Result, *crest.Error) {
	e, ok := store.Entry(c.Segments[3])
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
	return &crest.Result{Body: crest.Pick(record{
		"_id": c.Segments[3], "type": "X.509",
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
		"publicKey": record{
			"algorithm": cert.PublicKeyAlgorithm.String(), "format": "X.509",
			"encoded": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
		},
		"issuer":    nameParts(cert.Issuer),
		"notBefore": cert.NotBefore.UnixMilli(), "notAfter": cert.NotAfter.UnixMilli(),
	}, c.Fields)}, nil
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
