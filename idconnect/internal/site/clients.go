package site

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Close ends the connections of both clients.
func (s *Site) Close() {
	s.clients.Lock()
	defer s.clients.Unlock()
	for _, c := range []*openidm.Client{s.source, s.target} {
		if c != nil {
			c.Close()
		}
	}
}

func (s *Site) client(server Server, trust *jvmtrust.Trust, pinned *x509.Certificate) *openidm.Client {
	return &openidm.Client{
		BaseURL: server.URL, Credentials: server.Credentials, Trust: trust, Pinned: pinned,
		TLSName: server.TLSName, Address: server.Address, HTTPClient: server.HTTPClient,
		Logger: s.Hide().Logger(s.Logger), Hide: s.given(),
	}
}

// SourceClient trusts what Source.Truststore says, or the source's own
// truststore, and the one certificate that the source's own keystore holds:
// that is the source's, under whatever name it is reached.
func (s *Site) SourceClient() (*openidm.Client, error) {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.source != nil {
		return s.source, nil
	}
	trust, err := s.sourceTrust()
	if err != nil {
		return nil, err
	}
	stores, _ := s.SourceStores()
	s.source = s.client(s.Source, trust, stores.OwnCertificate())
	s.source.Compat = s.Source.Compat()
	return s.source, nil
}

// TargetClient is made anew after the stores were copied, see ForgetTarget.
func (s *Site) TargetClient() (*openidm.Client, error) {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.target != nil {
		return s.target, nil
	}
	trust, err := s.targetTrust()
	if trust == nil && err == nil {
		trust, err = s.sourceTrust()
	}
	if err != nil {
		return nil, err
	}
	stores, _ := s.TargetStores()
	s.target = s.client(s.Target, trust, stores.OwnCertificate())
	return s.target, nil
}

// ForgetTarget makes the next TargetClient anew, with the certificate and the
// trust that the target's stores have by then.
func (s *Site) ForgetTarget() {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.target != nil {
		s.target.Close()
		s.target = nil
	}
}

// PingTarget asks the target whether it is ready.
func (s *Site) PingTarget(ctx context.Context) (openidm.Health, error) {
	c, err := s.TargetClient()
	if err != nil {
		return openidm.Health{}, err
	}
	return c.Ping(ctx)
}

// Migration is a client of the target's migration service.
func (s *Site) Migration() (*migration.Client, error) {
	c, err := s.TargetClient()
	if err != nil {
		return nil, err
	}
	return &migration.Client{API: c, SettleTime: s.SettleTime, MaxDown: s.MaxDown, PollInterval: s.PollInterval,
		Parse: s.Parse, Words: s.Words,
		Hide: s.given()}, nil
}

// sourceTrust is what Source.Truststore says, else the source's own truststore,
// which may have been carried here; nil where neither is at hand.
func (s *Site) sourceTrust() (*jvmtrust.Trust, error) {
	if s.Source.Truststore != "" || !s.SourceAtHand() {
		return s.Source.trust()
	}
	stores, err := s.SourceStores()
	if err != nil && s.StoresFile != "" {
		return nil, err
	}
	var store *keystore.Store
	if err == nil {
		store, err = s.OpenSourceTruststore(stores)
	}
	return trustOf(store, err)
}

// targetTrust is what Target.Truststore says, else the target's own truststore; nil
// where there is none yet.
func (s *Site) targetTrust() (*jvmtrust.Trust, error) {
	var folder *installation.Error
	_, err := installation.Open(s.TargetDir)
	if s.Target.Truststore != "" || errors.As(err, &folder) && folder.IsNone() {
		return s.Target.trust()
	}
	return trustOf(s.TargetTruststore())
}

// trust is what Truststore says, nil where none is named.
func (s Server) trust() (*jvmtrust.Trust, error) {
	if s.Truststore == "" {
		return nil, nil
	}
	store, err := keystore.Open(s.Truststore, s.TruststorePassword)
	if err != nil {
		return nil, err
	}
	return jvmtrust.New(store), nil
}

// trustOf is what a server's own truststore says, nil where there is none.
func trustOf(store *keystore.Store, err error) (*jvmtrust.Trust, error) {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return jvmtrust.New(store), nil
}

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
