package idconnect

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// checkTimeout bounds each check that asks a server.
const checkTimeout = 30 * time.Second

// preflight fills in what was seen of both servers and the findings of the
// chosen steps, in the order of the steps.
func (r *run) preflight(ctx context.Context, p *Plan) {
	var source, target Findings
	var wait sync.WaitGroup
	wait.Go(func() { source = r.lookAtServer(ctx, &p.Source, true) })
	wait.Go(func() { target = r.lookAtServer(ctx, &p.Target, false) })
	wait.Wait()
	r.targetUp = p.Target.answered

	all := append(source, target...)
	all = append(all, r.lookAtLock()...)
	all = append(all, r.lookAtPlaces()...)
	if r.u.chosen(StepUnpack) {
		all = append(all, r.lookAtPackage(ctx)...)
	}
	if r.u.chosen(StepStores) {
		all = append(all, r.lookAtStores(ctx)...)
	}
	if r.u.chosen(StepJava) {
		all = append(all, r.lookAtJava(ctx)...)
	}
	if r.u.chosen(StepConfigure) {
		all = append(all, r.lookAtCertificate(ctx)...)
	}
	if r.u.chosen(StepPrepare) {
		all = append(all, r.reminder())
	}
	for _, name := range StepNames() {
		if r.u.chosen(name) {
			p.Findings = append(p.Findings, all.Of(name)...)
		}
	}
}

const notReachable = "not reachable"

// firstChosen is the first of the steps that is chosen, "" where none is: a
// finding about a server concerns the first step that needs it.
func (u *Upgrade) firstChosen(names ...string) string {
	for _, n := range names {
		if u.chosen(n) {
			return n
		}
	}
	return ""
}

// lookAtServer asks a server what it is and whether the account may do what is
// to be done.
func (r *run) lookAtServer(ctx context.Context, seen *ServerSeen, isSource bool) Findings {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	codes := struct{ unreachable, starting, other, tls, password, role string }{
		CodeTargetUnreachable, CodeTargetUnreachable, CodeTargetNotOpenIDM, CodeTargetTLS, CodeTargetPassword, CodeTargetRole}
	step, server, makeClient := r.u.firstChosen(StepSetup, StepConfigure, StepMigrate, StepVerify), "target "+seen.URL, r.targetClient
	// A target that is not set up yet cannot answer.
	mustAnswer := !r.u.chosen(StepSetup)
	loginStep := r.u.firstChosen(StepMigrate, StepVerify)
	if isSource {
		codes.unreachable, codes.starting, codes.other, codes.tls = CodeSourceUnreachable, CodeSourceStarting, CodeSourceNotOpenIDM, CodeSourceTLS
		codes.password, codes.role = CodeSourcePassword, CodeSourceRole
		step, server, makeClient = r.u.firstChosen(StepPrepare, StepConfigure, StepMigrate, StepVerify), "source "+seen.URL, r.sourceClient
		mustAnswer, loginStep = true, step
	}
	seen.State = notReachable
	c, err := makeClient()
	if err != nil {
		seen.State = "not asked: " + err.Error()
		return Findings{{Code: codes.tls, Severity: Blocks, Step: step, Seen: err.Error(),
			Why: "it says which certificates to trust", Remedy: truststoreRemedy(err)}}
	}
	health, err := c.Ping(ctx)
	var trust *keystore.TrustError
	switch {
	case errors.As(err, &trust):
		seen.answered = true
		seen.State = "its certificate is not trusted here"
		return Findings{{Code: codes.tls, Severity: Blocks, Step: step,
			Seen: fmt.Sprintf("the certificate of the %s is not accepted: %s", server, trust.Message),
			Why:  "certificate checks are never switched off", Remedy: clientTrustRemedy(isSource)}}
	case errors.Is(err, openidm.ErrUnavailable):
		if !mustAnswer {
			seen.State = "not installed or not started yet"
			return nil
		}
		return Findings{{Code: codes.unreachable, Severity: Blocks, Step: step,
			Seen: fmt.Sprintf("the %s does not answer: %v", server, err),
			Why:  "it must be running", Remedy: "start it, and check address, port and firewall"}}
	case errors.Is(err, openidm.ErrUnauthorized):
		// Some rules give anonymous no ping; the login below decides.
		health = openidm.Health{State: "ACTIVE_READY"}
	case err != nil:
		seen.State = "answers, but not as OpenIDM does"
		return Findings{{Code: codes.other, Severity: Blocks, Step: step,
			Seen: fmt.Sprintf("the %s does not answer as OpenIDM does: %v", server, err),
			Why:  "another program may listen there", Remedy: "check the address: it ends in /openidm/"}}
	}
	seen.answered = true
	seen.State = stateText(health)
	if v, err := c.Version(ctx); err == nil {
		seen.Version = v.ProductVersion
	}
	if !health.Ready() {
		if !mustAnswer {
			return nil
		}
		return Findings{{Code: codes.starting, Severity: Blocks, Step: step,
			Seen: fmt.Sprintf("the %s is not ready: %s %s", server, health.State, health.ShortDesc),
			Why:  "it must be running", Remedy: "wait until it has started, or look at its log"}}
	}
	if loginStep == "" || c.Credentials.Password.IsZero() {
		return nil
	}
	if !isSource && r.u.chosen(StepStores) {
		// A target that is up before its stores were copied has an account of
		// its own; the finding about the order is the one to read.
		if state, _, _ := checkStores(ctx, r); state != Done {
			return nil
		}
	}
	login, err := c.Login(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnauthorized):
		return Findings{{Code: codes.password, Severity: Blocks, Step: loginStep,
			Seen: fmt.Sprintf("the %s refuses the password of %s", server, c.Credentials.Username),
			Why:  "only an administrator may read all records", Remedy: "give the right account and password"}}
	case err != nil:
		return Findings{{Code: codes.password, Severity: Blocks, Step: loginStep,
			Seen: fmt.Sprintf("the login at the %s failed: %v", server, err), Remedy: "look at the server's log"}}
	case !login.IsAdmin():
		return Findings{{Code: codes.role, Severity: Blocks, Step: loginStep,
			Seen: fmt.Sprintf("%s at the %s has the roles %s, not openidm-admin", login.AuthenticationID, server, strings.Join(login.Roles, ", ")),
			Why:  "only an administrator may read all records and start the migration", Remedy: "give an administrator's account"}}
	}
	return nil
}

func stateText(h openidm.Health) string {
	return strings.ToLower(strings.TrimPrefix(h.State, "ACTIVE_"))
}

func truststoreRemedy(err error) string {
	switch {
	case errors.Is(err, keystore.ErrIntegrity):
		return "give the password of this truststore, or a whole copy of the file"
	case errors.Is(err, fs.ErrNotExist):
		return "give the path of a truststore that is there"
	}
	return "give a truststore that Java can read (keytool -list shows it)"
}

func clientTrustRemedy(isSource bool) string {
	if isSource {
		return "give the source's own truststore, or its folder, and use the host name of its certificate in the address"
	}
	return "give the target's own truststore, or its folder: after the stores were copied it presents the source's certificate"
}

func (r *run) lookAtPlaces() Findings {
	var fs Findings
	if same(r.u.sourceURL(), r.u.targetURL()) {
		fs = append(fs, Finding{Code: CodeTargetIsSource, Severity: Blocks, Step: r.u.firstChosen(StepNames()...),
			Seen: "source and target are both " + r.u.targetURL(), Why: "the source must never be changed",
			Remedy: "give the target's own address"})
	}
	if r.u.SourceDir != "" && r.u.TargetDir != "" {
		a, errA := filepath.EvalSymlinks(r.u.SourceDir)
		b, errB := filepath.EvalSymlinks(r.u.TargetDir)
		if errA == nil && errB == nil && a == b {
			fs = append(fs, Finding{Code: CodeTargetIsSource, Severity: Blocks, Step: r.u.firstChosen(StepNames()...),
				Seen: "the folders of source and target are both " + a, Why: "the source must never be changed",
				Remedy: "give the folder of 7.1.6 as the target's"})
		}
	}
	return fs
}

func same(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && strings.EqualFold(x.Host, y.Host)
}

func (r *run) lookAtPackage(ctx context.Context) Findings {
	dir := r.u.TargetDir
	if isInstallation(dir) {
		return nil
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return Findings{{Code: CodeTargetFolder, Severity: Blocks, Step: StepUnpack,
			Seen: dir + " holds files, but no installation", Why: "nothing of yours is overwritten",
			Remedy: "name a folder that is empty or not there yet"}}
	}
	if _, err := inspectPackage(ctx, r.u.Package); err != nil {
		remedy := RemedyOf(err)
		if remedy == "" {
			remedy = "download the package again"
		}
		return Findings{{Code: CodePackage, Severity: Blocks, Step: StepUnpack, Seen: err.Error(),
			Why: "it cannot be unpacked whole", Remedy: remedy}}
	}
	return nil
}

func (r *run) lookAtJava(ctx context.Context) Findings {
	if r.targetUp {
		return nil
	}
	if _, err := findJava(ctx, r.u.JavaHome); err != nil {
		return Findings{{Code: CodeJava, Severity: Blocks, Step: StepJava, Seen: err.Error(),
			Why: "7.1.6 needs Java 11, 64-bit", Remedy: RemedyOf(err)}}
	}
	return nil
}

// lookAtCertificate gives the verdict that the target's JVM will give of the
// source's certificate. Which certificates that JVM trusts can only be said
// when the target's folder is at hand: what a client of the target trusts is
// another matter.
func (r *run) lookAtCertificate(ctx context.Context) Findings {
	if r.u.TargetDir == "" {
		return nil
	}
	if state, _, err := checkConfigure(ctx, r); err == nil && state == Done {
		return nil
	}
	unknown := func(what string, err error) Findings {
		return Findings{{Code: CodeCertificateUnknown, Severity: Warns, Step: StepConfigure,
			Seen: fmt.Sprintf("%s: %v", what, err), Why: "whether the target will accept the source cannot be said beforehand"}}
	}
	c, err := r.sourceClient()
	if err != nil {
		return unknown("the source's certificate", err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	chain, err := c.PeerCertificates(ctx)
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
func (r *run) truststoreInForce(ctx context.Context) (*keystore.Store, string, error) {
	if r.u.chosen(StepStores) && r.u.StoresFile != "" && !r.targetUp {
		_, store, err := r.openCarried()
		return store, "the truststore of the source, which will be copied,", err
	}
	copied := r.u.chosen(StepStores) && r.u.SourceDir != "" && !r.targetUp
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

func certificateFindings(truststore *keystore.Store, which, host string, chain []*x509.Certificate) Findings {
	err := keystore.NewTrust(truststore).Verify(host, chain)
	if err == nil {
		return nil
	}
	f := Finding{Code: CodeCertificateTrust, Severity: Blocks, Step: StepConfigure,
		Seen: fmt.Sprintf("the target would refuse the source's certificate (%s): bad certificate: %v", keystore.CertificateSubject(chain[0].Raw), err),
		Why:  which + " decides, with the host name " + host + " of the instance URL"}
	var verdict *keystore.TrustError
	if errors.As(err, &verdict) {
		f.Seen = fmt.Sprintf("the target would refuse the source's certificate (%s): bad certificate: %s", keystore.CertificateSubject(chain[0].Raw), verdict.Message)
		f.Remedy = verdict.Remedy
		if verdict.IsName() {
			f.Code = CodeCertificateName
		}
	}
	return Findings{f}
}

// reminder says what no program can look up: that stays a person's work.
func (r *run) reminder() Finding {
	host := "the source's host"
	if p, err := url.Parse(r.u.instanceURL()); err == nil {
		host = p.Host
	}
	return Finding{Code: CodeReminder, Severity: Informs, Step: StepPrepare,
		Seen:   "not checked: the default mapping value on the tab Profile to AD Group, and the callback URLs of the connected app in Salesforce",
		Why:    "without the first the migration fails, without the second users cannot sign in",
		Remedy: fmt.Sprintf("look at both: the connected app needs the callback URL of 2.1 (%s) and that of 7.1.6", host)}
}
