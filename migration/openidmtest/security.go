package openidmtest

import (
	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/keys"
)

// security serves security/keystore and security/truststore: what is in them,
// and their certificates. Keys never leave the server.
func (s *Server) security(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) < 2 {
		return nil, crest.NotFound(c.Path)
	}
	var store *keystore.Store
	switch c.Segments[1] {
	case "keystore":
		store = s.Keystore()
	case "truststore":
		store = s.Truststore()
	default:
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
			return keys.Certificate(store, c.Segments[3], c.Fields)
		case "privatekey":
			return nil, crest.Unsupported(c.Request)
		}
	}
	return nil, crest.NotFound(c.Path)
}
