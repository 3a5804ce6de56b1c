package idconnect

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// chainOf is what a server presents, whether it is trusted or not.
func (r *run) chainOf(ctx context.Context, address string) ([]*x509.Certificate, error) {
	c := &openidm.Client{BaseURL: address, TLSName: r.u.Source.TLSName, Timeout: r.u.Checks.WithDefaults().Timeout}
	defer c.Close()
	return c.PeerCertificates(ctx)
}

// lookAtCertificate gives the verdict that the target's JVM will give of the
// source's certificate. Which certificates that JVM trusts can only be said
// when the target's folder is at hand: what a client of the target trusts is
// another matter.
func (r *run) lookAtCertificate(ctx context.Context) preflight.Findings {
	if r.u.TargetDir == "" {
		return nil
	}
	// A target that does not answer says nothing of what it was told.
	if r.targetUp.Load() {
		if state, _, err := checkConfigure(ctx, r); err == nil && state == report.Done {
			return nil
		}
	}
	unknown := func(what string, err error) preflight.Findings {
		if ctx.Err() != nil {
			return nil
		}
		return preflight.Findings{codes.SourceCertNotChecked.Finding(StepConfigure, "%s: %v", what, err)}
	}
	chain, err := r.chainOf(ctx, r.u.sourceURL())
	if err != nil {
		return unknown("the source's certificate", err)
	}
	truststore, which, err := r.truststoreInForce(ctx)
	if err != nil {
		return unknown("the target's truststore", err)
	}
	instance, err := url.Parse(r.u.instanceURL())
	if err != nil {
		return unknown("instance URL", err)
	}
	return certificateFindings(truststore, which, instance.Hostname(), chain)
}

// truststoreInForce is the one that the target's JVM has when it is
// configured: of a running server its own file, else the one that will be
// copied.
func (r *run) truststoreInForce(_ context.Context) (*keystore.Store, string, error) {
	up := r.targetUp.Load()
	if r.u.chosen(StepStores) && r.u.StoresFile != "" && !up {
		_, store, err := r.openCarried()
		return store, "the truststore of the source, which will be copied,", err
	}
	copied := r.u.chosen(StepStores) && r.u.SourceDir != "" && !up
	if copied {
		own := r.u.Source
		own.Truststore = ""
		store, err := r.u.openTruststore(own, r.u.SourceDir)
		return store, "the truststore of the source, which will be copied,", err
	}
	store, err := r.u.openTruststore(Server{TruststorePassword: r.u.Target.TruststorePassword}, r.u.TargetDir)
	if errors.Is(err, keystore.ErrIntegrity) {
		// The password given may be of another file; certificates are readable
		// without.
		if inst, instErr := OpenInstallation(r.u.TargetDir); instErr == nil {
			store, err = keystore.Open(inst.TruststorePath(), keystore.Password{})
		}
	}
	return store, "the target's truststore", err
}

func certificateFindings(truststore *keystore.Store, which, host string, chain []*x509.Certificate) preflight.Findings {
	err := keystore.NewTrust(truststore).Verify(host, chain)
	if err == nil {
		return nil
	}
	code, says, remedy := codes.SourceCertUntrusted, err.Error(), ""
	var verdict *keystore.TrustError
	if errors.As(err, &verdict) {
		says, remedy = verdict.Message, verdict.Remedy
		if verdict.IsName() {
			code = codes.SourceCertName
		}
	}
	return preflight.Findings{code.Finding(StepConfigure, "the target would refuse the source's certificate (%s): bad certificate: %s", keystore.CertificateSubject(chain[0].Raw), says).
		WithWhy(which + " decides, with the host name " + host + " of the instance URL").WithRemedy(remedy)}
}
