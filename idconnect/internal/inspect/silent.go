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
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// silent says why a server gave no answer that can be used.
func (seen *Server) silent(ctx context.Context, c *openidm.Client, err error, server string, side side) {
	var untrusted *jvmtrust.Error
	var failed *openidm.HandshakeError
	var answer *openidm.Error
	is := func(state string, found ...preflight.Finding) {
		seen.Answered, seen.State, seen.found = true, state, append(seen.found, found...)
	}
	switch {
	case errors.As(err, &untrusted):
		is("its certificate is not trusted here", side.codes.TLS.Finding(side.step,
			"the certificate of the %s is not accepted: %s", server, untrusted.Message))
	case errors.As(err, &failed):
		is("is up, but no TLS connection comes about", noTLS(ctx, c, failed, server, side))
	case errors.Is(err, openidm.ErrBusy) && side.mustAnswer:
		errors.As(err, &answer)
		is("busy", side.codes.Busy.Finding(side.step,
			"the %s asks for a pause of %v: %v", server, answer.RetryAfter, err))
	case errors.Is(err, openidm.ErrBusy):
		is("busy")
	case errors.Is(err, openidm.ErrHostRefused):
		is("refuses the host name of its address", seen.hostRefused(ctx, server, side))
	case !errors.Is(err, openidm.ErrUnavailable):
		is("answers, but not as OpenIDM does", side.codes.NotOpenIDM.Finding(side.step,
			"the %s does not answer as OpenIDM does: %v", server, err))
	case !side.mustAnswer:
		seen.Answered = errors.As(err, &answer) // the web server is up, though not all of OpenIDM
		seen.State = "not installed or not started yet"
	case errors.As(err, &answer):
		is("starting", side.codes.Starting.Finding(side.step, "the %s is not ready: %v", server, err))
	default:
		seen.add(side.codes.Unreachable.Finding(side.step, "the %s does not answer: %v", server, err))
	}
}

// noTLS says why no TLS connection came about with a server that is up. What it
// presents and offers is asked for on connections on which nothing is sent.
func noTLS(ctx context.Context, c *openidm.Client, failed *openidm.HandshakeError, server string,
	side side) preflight.Finding {
	if errors.Is(failed.Kind, openidm.ErrUnreadableCertificate) {
		return unreadable(ctx, c, failed, server, side)
	}
	offer, err := c.Offer(ctx)
	switch {
	case err != nil:
		return side.codes.TLS.Finding(side.step, "the %s is up, but ended the TLS handshake: %s", server,
			failed.Reason).
			WithRemedy(failed.Remedy())
	case offer.Old() && side.name == "source":
		return side.codes.TLS.Finding(side.step,
			"the %s is up, no TLS version or suite in common: it offers %s", server, offer).
			WithWhy("TLS before 1.2 is spoken only where that is asked for").
			WithRemedy("enable TLS 1.2 on that server, which the target's Java 11 needs for configure; " +
				"for the other steps Upgrade.Source.LegacyTLS allows it")
	}
	return side.codes.TLS.Finding(side.step,
		"the %s is up, no TLS version or suite in common: it offers %s (here: %s)", server, offer, failed.Reason).
		WithWhy("a connection needs a version and a suite that both sides have").WithRemedy(failed.Remedy())
}

// unreadable asks what Java would say of a chain that Go cannot read.
func unreadable(
	ctx context.Context, c *openidm.Client, failed *openidm.HandshakeError, server string, side side,
) preflight.Finding {
	find := func(which, what, java string) preflight.Finding {
		return side.codes.CertUnreadable.Finding(side.step,
			"the %s is up; its certificate%s cannot be read here: %s; %s",
			server, which, what, java)
	}
	chain, err := c.PeerCertificates(ctx)
	for i, one := range chain {
		if what := jvmtrust.Unreadable(one); what != "" {
			subject := keystore.CertificateSubject(one.Raw)
			return find(fmt.Sprintf(" %d of %d (%s)", i+1, len(chain), subject), what, "Java reads it")
		}
	}
	if errors.Is(err, jvmtrust.ErrRefused) {
		return find("", failed.Reason, "Java does not read it either")
	}
	return find("", failed.Reason, "whether Java reads it is not known, as the server speaks TLS 1.3 alone, "+
		"by which certificates are encrypted")
}

// oldTLS warns of a source that is reached by a version before 1.2.
func (seen *Server) oldTLS(ctx context.Context, c *openidm.Client, server string, side side) {
	if offer, err := c.Offer(ctx); err == nil && offer.Old() {
		seen.add(codes.SourceTLSOld.Finding(side.step, "the %s speaks %s", server, offer))
	}
}

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
