package openidm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// PeerCertificates returns the chain that the server presents, its own
// certificate first, whether it is trusted or not: for findings about it. No
// request is sent. It connects directly, without a proxy, within Timeout.
func (c *Client) PeerCertificates(ctx context.Context) ([]*x509.Certificate, error) {
	to, err := c.DialAddress()
	if err != nil {
		return nil, err
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var chain []*x509.Certificate
	d := tls.Dialer{Config: jvmtrust.PeekTLSConfig(c.tlsName(), func(seen []*x509.Certificate) { chain = seen })}
	// The handshake is made to fail once the chain was seen.
	conn, err := d.DialContext(limited, "tcp", to)
	if err == nil {
		conn.Close()
	}
	if len(chain) == 0 {
		if err == nil {
			err = errors.New("no certificate was presented")
		}
		return nil, c.networkError(ctx, place{"connecting to", to}, err, false)
	}
	return chain, nil
}
