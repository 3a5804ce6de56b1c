package inspect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// withPath is the client to go on with: c, or where OpenIDM answers at /openidm/
// and not at the path of c's address, a client of that, with a finding.
func (seen *Server) withPath(ctx context.Context, c *openidm.Client, side side) *openidm.Client {
	p, err := url.Parse(c.BaseURL)
	if err != nil || strings.Trim(p.Path, "/") == "openidm" {
		return c
	}
	if strings.Trim(p.Path, "/") != "" {
		if _, err := c.Ping(ctx); !errors.Is(err, openidm.ErrNotOpenIDM) && !errors.Is(err, openidm.ErrNotFound) {
			return c // it answers there, or not at all
		}
	}
	right := &openidm.Client{
		BaseURL: (&url.URL{Scheme: p.Scheme, Host: p.Host, Path: "/openidm/"}).String(), Credentials: c.Credentials,
		Trust: c.Trust, Pinned: c.Pinned, TLSName: c.TLSName, Address: c.Address, HTTPClient: c.HTTPClient,
		Logger: c.Logger, Timeout: c.Timeout, Compat: c.Compat,
	}
	what := "has no path"
	if strings.Trim(p.Path, "/") != "" {
		what = fmt.Sprintf("has the path %s", p.Path)
	}
	_, err = right.Ping(ctx)
	seen.misplaced = true
	switch {
	case err == nil || errors.Is(err, openidm.ErrUnauthorized):
		seen.add(side.codes.AddressPath.Finding(side.step, "the address %s of the %s %s, and OpenIDM answers at %s",
			seen.URL, side.name, what, right.BaseURL).WithRemedy(
			fmt.Sprintf("give the address with its path: Upgrade.%s.URL %s", side.field(), right.BaseURL)))
	case strings.Trim(p.Path, "/") != "":
		seen.misplaced = false
		right.Close()
		return c // nor there
	default:
		seen.add(side.codes.AddressPath.Finding(side.step, "the address %s of the %s has no path", seen.URL, side.name))
	}
	return right
}

// hostRefused is the finding about a server that answers only under the name of
// its certificate, with that name where it is known.
func (seen *Server) hostRefused(ctx context.Context, server string, side side) preflight.Finding {
	f := side.codes.InvalidSNI
	c, err := side.client()
	if err != nil {
		return f.Finding(side.step, "the %s refuses the host name of its address", server)
	}
	chain, err := c.PeerCertificates(ctx)
	p, parseErr := url.Parse(c.BaseURL)
	to, dialErr := c.DialAddress()
	if err != nil || parseErr != nil || dialErr != nil {
		return f.Finding(side.step, "the %s refuses the host name %s", server, c.Host())
	}
	names := site.CertificateNames(chain[0])
	found := f.Finding(side.step, "the %s refuses the host name %s: its certificate is for %s", server, c.Host(),
		strings.Join(names, ", "))
	if len(names) == 0 {
		return found
	}
	host := names[0]
	if p.Port() != "" {
		host = net.JoinHostPort(host, p.Port())
	}
	own := url.URL{Scheme: "https", Host: host, Path: p.Path}
	return found.WithRemedy(fmt.Sprintf("give the certificate's host name in the address, and where to connect to "+
		"beside it: Upgrade.%s.URL %s, Upgrade.%[1]s.Address %[3]s", side.field(), own.String(), to))
}
