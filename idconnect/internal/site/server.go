package site

import (
	"net/http"
	"net/url"

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
	Address            string
	HTTPClient         *http.Client
}

// reached is the URL with the address that connections go to, which says which
// server it is.
func (s Server) reached() string {
	u, err := url.Parse(s.URL)
	to, dialErr := s.DialAddress()
	if s.Address == "" || err != nil || dialErr != nil {
		return s.URL
	}
	u.Host = to
	return u.String()
}

// DialAddress is the host:port that connections go to.
func (s Server) DialAddress() (string, error) {
	return (&openidm.Client{BaseURL: s.URL, Address: s.Address}).DialAddress()
}

// Compat is how far a client goes to meet the source, which cannot be changed.
func (s Server) Compat() openidm.Compat {
	if s.LegacyTLS {
		return openidm.CompatVersions
	}
	return openidm.CompatSuites
}
