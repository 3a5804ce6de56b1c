package site

import (
	"crypto/x509"
	"errors"
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
	var own *x509.Certificate
	if stores, err := s.SourceStores(); err == nil {
		own = stores.OwnCertificate()
	}
	s.source = s.client(s.Source, trust, own)
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
	dir := s.TargetDir
	var folder *installation.Error
	if _, err := installation.Open(dir); errors.As(err, &folder) && folder.IsNone() {
		dir = "" // an empty folder, in which there is no truststore yet
	}
	trust, err := trustOf(s.Target, dir, s.openTargetTruststore)
	if err != nil {
		return nil, err
	}
	if trust == nil {
		if trust, err = s.sourceTrust(); err != nil {
			return nil, err
		}
	}
	var own *x509.Certificate
	if stores, err := s.TargetStores(); err == nil {
		own = stores.OwnCertificate()
	}
	s.target = s.client(s.Target, trust, own)
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
// which may have been carried here.
func (s *Site) sourceTrust() (*jvmtrust.Trust, error) {
	if s.StoresFile == "" || s.Source.Truststore != "" {
		return trustOf(s.Source, s.SourceDir, func(server Server) (*keystore.Store, error) {
			return openTruststore(server, s.SourceDir, s.SourceStores)
		})
	}
	stores, err := s.SourceStores()
	if err != nil {
		return nil, err
	}
	store, err := stores.Truststore.Open(keystore.Password{})
	if err != nil {
		return nil, err
	}
	return jvmtrust.New(store), nil
}

// trustOf is nil where no truststore is named or at hand.
func trustOf(server Server, dir string, open func(Server) (*keystore.Store, error)) (*jvmtrust.Trust, error) {
	if server.Truststore == "" && dir == "" {
		return nil, nil
	}
	store, err := open(server)
	if server.Truststore == "" && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return jvmtrust.New(store), nil
}
