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
	Address            string
	HTTPClient         *http.Client
}

// DialAddress is the host:port that connections go to.
func (s Server) DialAddress() (string, error) {
	return (&openidm.Client{BaseURL: s.URL, Address: s.Address}).DialAddress()
}
