package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

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
