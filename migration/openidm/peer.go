package openidm

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm/internal/hello"
)

// PeerCertificates returns the chain that the server presents, its own
// certificate first, whether it is trusted or not: for findings about it. No
// request is sent. It connects directly, without a proxy, within Timeout. A
// chain that Go cannot read is read as Java does, where the server speaks TLS 1.2
// or older (see [jvmtrust.ParseCertificate]).
func (c *Client) PeerCertificates(ctx context.Context) ([]*x509.Certificate, error) {
	to, err := c.DialAddress()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(max(c.Timeout, 0), defaultTimeout))
	defer cancel()
	var chain []*x509.Certificate
	config := c.Compat.apply(jvmtrust.PeekTLSConfig(c.tlsName(), func(seen []*x509.Certificate) { chain = seen }))
	d := tls.Dialer{Config: config}
	// The handshake is made to fail once the chain was seen.
	conn, err := d.DialContext(limited, "tcp", to)
	if err == nil {
		conn.Close()
	}
	if len(chain) == 0 {
		if err == nil {
			err = errors.New("no certificate was presented")
		}
		err = c.networkError(ctx, place{"connecting to", to}, err, false)
		if errors.Is(err, ErrUnreadableCertificate) {
			return c.chainOfHello(limited, to, err)
		}
		return nil, err
	}
	return chain, nil
}

// chainOfHello reads the chain from a connection on which nothing is sent.
func (c *Client) chainOfHello(ctx context.Context, to string, unread error) (chain []*x509.Certificate, err error) {
	answer, err := c.hello(ctx, to, tls.VersionTLS12)
	if err != nil || len(answer.Chain) == 0 {
		return nil, unread
	}
	for _, der := range answer.Chain {
		one, err := jvmtrust.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w; %w", unread, err)
		}
		chain = append(chain, one)
	}
	return chain, nil
}

func (c *Client) hello(ctx context.Context, to string, version uint16) (hello.Answer, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err != nil {
		return hello.Answer{}, err
	}
	return hello.Ask(ctx, conn, c.tlsName(), version)
}

// Offer is what a server speaks when it is asked for a version of TLS at most.
type Offer struct {
	// Version and Suite are names, "TLS 1.0" and "TLS_RSA_WITH_AES_128_CBC_SHA" for
	// example. Version is "" where the server refused, and Refusal is its alert.
	Version, Suite, Refusal string
}

func (o Offer) String() string {
	if o.Version == "" {
		return "nothing up to TLS 1.2 (" + o.Refusal + ")"
	}
	return o.Version + " with " + o.Suite
}

// Old reports whether this version is one that Java 11 refuses.
func (o Offer) Old() bool {
	return o.Version != "" && o.Version != tls.VersionName(tls.VersionTLS12)
}

// Offer asks the server for what it speaks up to TLS 1.2, on up to three
// connections on which no request is sent.
func (c *Client) Offer(ctx context.Context) (Offer, error) {
	to, err := c.DialAddress()
	if err != nil {
		return Offer{}, err
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(max(c.Timeout, 0), defaultTimeout))
	defer cancel()
	var refusal string
	// A server may refuse a version that it does not know instead of choosing its own.
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10} {
		answer, askErr := c.hello(limited, to, version)
		switch {
		case askErr != nil:
			err = cmp.Or(err, askErr)
		case answer.Version != 0:
			return Offer{Version: tls.VersionName(answer.Version), Suite: tls.CipherSuiteName(answer.Suite)}, nil
		default:
			refusal = cmp.Or(refusal, strings.TrimPrefix(answer.Alert.Error(), "tls: "))
		}
	}
	if refusal != "" {
		return Offer{Refusal: refusal}, nil
	}
	return Offer{}, err
}
