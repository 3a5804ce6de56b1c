package site

import (
	"net/http"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Server says how one of the two servers is reached.
type Server struct {
	URL                string
	Credentials        openidm.Credentials
	Truststore         string
	TruststorePassword openidm.Secret
	TLSName            string
	LegacyTLS          bool
	HTTPClient         *http.Client
}

// Compat is how far a client goes to meet the source, which cannot be changed.
func (s Server) Compat() openidm.Compat {
	if s.LegacyTLS {
		return openidm.CompatVersions
	}
	return openidm.CompatSuites
}
