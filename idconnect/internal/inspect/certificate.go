package inspect

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// certificateCheck gives the verdict that the target's JVM will give of the
// source's certificate. Which certificates that JVM trusts can only be said
// when the target's folder is at hand: what a client of the target trusts is
// another matter.
type certificateCheck struct {
	target     *fact[Server]
	site       *site.Site
	configured func(context.Context) bool
}

func (c certificateCheck) check(ctx context.Context, _ string) preflight.Findings {
	s := c.site
	if s.TargetDir == "" {
		return nil
	}
	// A target that does not answer says nothing of what it was told.
	target, _ := c.target.get(ctx)
	if target.Answered && c.configured(ctx) {
		return nil
	}
	unknown := func(what string, err error) preflight.Findings {
		if ctx.Err() != nil {
			return nil
		}
		return preflight.Findings{codes.SourceCertNotChecked.Finding(site.StepConfigure, "%s: %v", what, err)}
	}
	chain, err := chainOf(ctx, s, s.Source.URL, s.Source.Address)
	if err != nil {
		return unknown("the source's certificate", err)
	}
	truststore, which, err := c.truststoreInForce(target.Answered)
	if err != nil {
		return unknown("the target's truststore", err)
	}
	instance, err := url.Parse(s.InstanceURL)
	if err != nil {
		return unknown("instance URL", err)
	}
	return certificateFindings(truststore, which, instance.Hostname(), chain)
}

// truststoreInForce is the one that the target's JVM has when it is configured:
// of a running server its own file, else the one that will be copied.
func (c certificateCheck) truststoreInForce(up bool) (*keystore.Store, string, error) {
	s := c.site
	if s.Chooses(site.StepStores) && s.SourceAtHand() && !up {
		stores, err := s.SourceStores()
		if err != nil {
			return nil, "", err
		}
		store, err := s.OpenSourceTruststore(stores)
		return store, "the truststore of the source, which will be copied,", err
	}
	store, err := s.TargetTruststore()
	return store, "the target's truststore", err
}

func certificateFindings(truststore *keystore.Store, which, host string, chain []*x509.Certificate) preflight.Findings {
	err := jvmtrust.New(truststore).Verify(host, chain)
	if err == nil {
		return nil
	}
	code, says, remedy := codes.SourceCertUntrusted, err.Error(), ""
	var verdict *jvmtrust.Error
	if errors.As(err, &verdict) {
		says, remedy = verdict.Message, verdict.Remedy
		if verdict.IsName() {
			code = codes.SourceCertName
		}
	}
	return preflight.Findings{code.Finding(site.StepConfigure,
		"the target would refuse the source's certificate (%s): bad certificate: %s",
		keystore.CertificateSubject(chain[0].Raw), says).
		WithWhy(which + " decides, with the host name " + host + " of the instance URL").WithRemedy(remedy)}
}
