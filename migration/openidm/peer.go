package openidm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"

	"github.com/idconnect-go/upgrade/keystore"
)

// PeerCertificates returns the chain that the server presents, its own
// certificate first, whether it is trusted or not: for findings about it. No
// request is sent.
func (c *Client) PeerCertificates(ctx context.Context) ([]*x509.Certificate, error) {
	p, err := url.Parse(c.BaseURL)
	if err != nil || p.Scheme != "https" || p.Hostname() == "" {
		return nil, errAddress
	}
	port := p.Port()
	if port == "" {
		port = "443"
	}
	var chain []*x509.Certificate
	d := tls.Dialer{Config: keystore.PeekTLSConfig(c.tlsName(), func(seen []*x509.Certificate) { chain = seen })}
	// The handshake is made to fail once the chain was seen.
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(p.Hostname(), port))
	if err == nil {
		conn.Close()
	}
	if len(chain) == 0 {
		if err == nil {
			err = errors.New("no certificate was presented")
		}
		return nil, transportError("connecting to "+p.Host, err)
	}
	return chain, nil
}
