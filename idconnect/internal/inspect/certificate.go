package inspect

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
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

// instanceCheck: where the instance URL leads to, from here or from the address
// that the target's machine is said to have for it.
type instanceCheck struct {
	source *fact[Server]
	site   *site.Site
	done   bool // the step configure is
}

func (c instanceCheck) check(ctx context.Context, _ string) (found preflight.Findings) {
	s := c.site
	instance, err := url.Parse(s.InstanceURL)
	if c.done || err != nil {
		return nil // the site refuses the second
	}
	if strings.TrimSuffix(instance.Path, "/") != "/openidm" {
		found = append(found, codes.InstanceURL.Finding(site.StepConfigure,
			"the path of the instance URL %s is not /openidm/", s.InstanceURL))
	}
	if s.Source.HTTPClient != nil {
		return found // a caller's own client reaches the source in a way of its own
	}
	addresses := []string{s.Checks.InstanceAddress}
	if addresses[0] == "" {
		host := instance.Hostname()
		if addresses, err = s.Machine.LookupHost(ctx, host); err != nil || len(addresses) == 0 {
			if ctx.Err() != nil {
				return found
			}
			return append(found, codes.InstanceURLUnresolved.Finding(site.StepConfigure,
				"%s, the host of the instance URL, does not resolve here: %v", host, err))
		}
	}
	if source, _ := c.source.get(ctx); !source.Answered {
		return found // the source's own finding is the one to read
	}
	own, err := chainOf(ctx, s, s.Source.URL, s.Source.Address)
	if err != nil {
		return found // certificateCheck says so
	}
	var failed error
	for _, address := range addresses {
		there := net.JoinHostPort(address, portOf(instance))
		named := url.URL{Scheme: "https", Host: instance.Host, Path: "/openidm/"}
		chain, err := chainOf(ctx, s, named.String(), there)
		switch {
		case ctx.Err() != nil:
			return found
		case err != nil:
			failed = err
			continue
		case chain[0].Equal(own[0]):
			return found
		}
		return append(found, codes.InstanceURLElsewhere.Finding(site.StepConfigure,
			"the instance URL leads to %s, where another certificate is presented (%s) than by the source (%s)",
			there, keystore.CertificateSubject(chain[0].Raw), keystore.CertificateSubject(own[0].Raw)))
	}
	return append(found, codes.InstanceURLUnreachable.Finding(site.StepConfigure,
		"nothing answers where the instance URL %s leads to: %v", s.InstanceURL, failed))
}

// chainOf is what a server presents at an address, "" is that of its URL, whether
// it is trusted or not.
func chainOf(ctx context.Context, s *site.Site, url, address string) ([]*x509.Certificate, error) {
	c := &openidm.Client{BaseURL: url, Address: address, TLSName: s.Source.TLSName, Timeout: s.Checks.Timeout,
		Compat: s.Source.Compat()}
	defer c.Close()
	return c.PeerCertificates(ctx)
}
