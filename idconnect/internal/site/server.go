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
	HTTPClient         *http.Client
}
