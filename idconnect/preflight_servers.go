package idconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const notReachable = "not reachable"

// seenServer is what a check saw of a server; others build on it.
type seenServer struct {
	ServerSeen
	// speaks: it answers as OpenIDM does, ready: it says that it is, and
	// refused: the login failed.
	speaks, ready, refused bool
}

// side is what the looks at the two servers differ in.
type side struct {
	name, url                         string
	unreachable, starting, other, tls string
	password, login, role             string
	step, loginStep                   string
	mustAnswer                        bool
	client                            func() (*openidm.Client, error)
}

func (r *run) lookAtSource(ctx context.Context) Findings {
	// With neither of these steps the source is not asked for anything.
	step := r.u.firstChosen(StepPrepare, StepConfigure, StepMigrate, StepVerify)
	seen, found := r.lookAtServer(ctx, side{
		name: "source", url: r.u.sourceURL(), unreachable: CodeSourceUnreachable, starting: CodeSourceStarting,
		other: CodeSourceNotOpenIDM, tls: CodeSourceTLS, password: CodeSourcePassword, login: CodeSourceLogin, role: CodeSourceRole,
		step: step, loginStep: step, mustAnswer: true, client: r.sourceClient,
	})
	r.sourceSeen.Store(&seen)
	return found
}

func (r *run) lookAtTarget(ctx context.Context) Findings {
	seen, found := r.lookAtServer(ctx, side{
		name: "target", url: r.u.targetURL(), unreachable: CodeTargetUnreachable, starting: CodeTargetStarting,
		other: CodeTargetNotOpenIDM, tls: CodeTargetTLS, password: CodeTargetPassword, login: CodeTargetLogin, role: CodeTargetRole,
		step: r.u.firstChosen(StepSetup, StepConfigure, StepMigrate, StepVerify), loginStep: r.u.firstChosen(StepMigrate, StepVerify),
		// A target that is not set up yet cannot answer.
		mustAnswer: !r.u.chosen(StepSetup), client: r.targetClient,
	})
	if version := seen.Version; version != "" {
		switch {
		case majorOf(version) != majorOf(targetGeneration):
			found = append(found, finding(CodeTargetVersion, r.u.firstChosen(StepNames()...), "the target %s says version %s", seen.URL, version).as(Blocks))
		case !ofGeneration(version, targetGeneration):
			found = append(found, finding(CodeTargetVersion, r.u.firstChosen(StepNames()...), "the target %s says version %s", seen.URL, version))
		}
	}
	r.targetSeen.Store(&seen)
	r.targetUp.Store(seen.answered)
	return found
}

// lookAtServer asks a server what it is and whether the account may do what is
// to be done.
func (r *run) lookAtServer(ctx context.Context, s side) (seen seenServer, found Findings) {
	seen.URL, seen.State = s.url, notReachable
	server := s.name + " " + s.url
	c, err := s.client()
	if err != nil {
		seen.State = "not asked: " + err.Error()
		return seen, Findings{finding(s.tls, s.step, "%v", err).why("it says which certificates to trust").remedy(truststoreRemedy(err))}
	}
	began := time.Now()
	health, err := c.Ping(ctx)
	took := time.Since(began)
	var trust *keystore.TrustError
	switch {
	case err != nil && ctx.Err() != nil:
		return seen, nil // the deadline's finding says it
	case errors.As(err, &trust):
		seen.answered = true
		seen.State = "its certificate is not trusted here"
		return seen, Findings{finding(s.tls, s.step, "the certificate of the %s is not accepted: %s", server, trust.Message)}
	case errors.Is(err, openidm.ErrUnavailable):
		// The web server is up, though not all of OpenIDM.
		var starts *openidm.Error
		seen.answered = errors.As(err, &starts)
		switch {
		case !s.mustAnswer:
			seen.State = "not installed or not started yet"
			return seen, nil
		case seen.answered:
			seen.State = "starting"
			return seen, Findings{finding(s.starting, s.step, "the %s is not ready: %v", server, err)}
		}
		return seen, Findings{finding(s.unreachable, s.step, "the %s does not answer: %v", server, err)}
	case errors.Is(err, openidm.ErrUnauthorized):
		// Some rules give anonymous no ping; the login below decides.
		health = openidm.Health{State: "ACTIVE_READY", Date: health.Date}
	case err != nil:
		seen.State = "answers, but not as OpenIDM does"
		return seen, Findings{finding(s.other, s.step, "the %s does not answer as OpenIDM does: %v", server, err)}
	}
	seen.answered, seen.speaks, seen.ready = true, true, health.Ready()
	seen.State = stateText(health)
	if v, err := c.Version(ctx); err == nil {
		seen.Version = v.ProductVersion
	}
	if f := r.clockFinding(server, s.step, health.Date, began, took); f != nil {
		found = append(found, *f)
	}
	if !health.Ready() {
		if s.mustAnswer {
			found = append(found, finding(s.starting, s.step, "the %s is not ready: %s %s", server, health.State, health.ShortDesc))
		}
		return seen, found
	}
	if s.loginStep == "" || c.Credentials.Password.IsZero() {
		return seen, found
	}
	if s.name == "target" && r.u.chosen(StepStores) {
		// A target that is up before its stores were copied has an account of
		// its own; the finding about the order is the one to read.
		if state, _, _ := checkStores(ctx, r); state != Done {
			return seen, found
		}
	}
	login, err := c.Login(ctx)
	seen.refused = err != nil || !login.IsAdmin()
	switch {
	case err != nil && ctx.Err() != nil:
	case errors.Is(err, openidm.ErrUnauthorized):
		found = append(found, finding(s.password, s.loginStep, "the %s refuses the password of %s", server, c.Credentials.Username))
	case err != nil:
		found = append(found, finding(s.login, s.loginStep, "the login at the %s failed: %v", server, err))
	case !login.IsAdmin():
		found = append(found, finding(s.role, s.loginStep, "%s at the %s has the roles %s, not openidm-admin",
			login.AuthenticationID, server, strings.Join(login.Roles, ", ")))
	}
	return seen, found
}

// clockFinding compares the server's clock, which counts seconds, with this
// machine's at the time between question and answer.
func (r *run) clockFinding(server, step string, date, began time.Time, took time.Duration) *Finding {
	if date.IsZero() {
		return nil
	}
	limit := r.u.Checks.MaxClockDifference
	if limit <= 0 {
		limit = defaultClockDifference
	}
	var difference time.Duration
	var how string
	switch end := began.Add(took); {
	case date.After(end):
		difference, how = date.Sub(end), "ahead of"
	case date.Add(time.Second).Before(began):
		difference, how = began.Sub(date.Add(time.Second)), "behind"
	}
	if difference <= limit {
		return nil
	}
	f := finding(CodeClock, step, "the clock of the %s is %v %s this machine's", server, difference.Round(time.Second), how)
	return &f
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

// lookAtPlaces looks whether source and target are two, and the right way
// round.
func (r *run) lookAtPlaces(ctx context.Context) Findings {
	var found Findings
	step := r.u.firstChosen(StepNames()...)
	if same(r.u.sourceURL(), r.u.targetURL()) {
		found = append(found, finding(CodeTargetIsSource, step, "source and target are both %s", r.u.targetURL()))
	} else if address := r.sharedAddress(ctx); address != "" {
		found = append(found, finding(CodeTargetIsSource, step, "%s and %s are both %s", r.u.sourceURL(), r.u.targetURL(), address))
	}
	if f := nested(r.u.SourceDir, r.u.TargetDir); f != "" {
		found = append(found, finding(CodeTargetIsSource, step, "%s", f).
			remedy("give the target a folder of its own, neither inside the source's nor around it"))
	}
	source, target := r.sourceSeen.Load(), r.targetSeen.Load()
	if source != nil && target != nil && source.Version != "" && target.Version != "" && majorOf(source.Version) > majorOf(target.Version) {
		found = append(found, finding(CodeServersSwapped, step, "the source %s says version %s, the target %s version %s",
			source.URL, source.Version, target.URL, target.Version))
	}
	return found
}

// nested says how the folders of source and target lie in each other, "" where they do not.
func nested(source, target string) string {
	if source == "" || target == "" {
		return ""
	}
	inside, around := host.Contains(source, target), host.Contains(target, source)
	switch {
	case inside && around:
		return "the folders of source and target are both " + source
	case inside:
		return fmt.Sprintf("the target's folder %s is inside the source's, %s", target, source)
	case around:
		return fmt.Sprintf("the source's folder %s is inside the target's, %s", source, target)
	}
	return ""
}

func same(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && strings.EqualFold(x.Host, y.Host)
}

// sharedAddress is an address and port that both servers have, "" where none
// is known.
func (r *run) sharedAddress(ctx context.Context) string {
	x, errX := url.Parse(r.u.sourceURL())
	y, errY := url.Parse(r.u.targetURL())
	own := r.u.Source.HTTPClient != nil || r.u.Target.HTTPClient != nil
	if errX != nil || errY != nil || portOf(x) != portOf(y) || own {
		return ""
	}
	a, errA := r.u.machine.LookupHost(ctx, x.Hostname())
	b, errB := r.u.machine.LookupHost(ctx, y.Hostname())
	if errA != nil || errB != nil {
		return ""
	}
	for _, address := range a {
		if slices.Contains(b, address) {
			return net.JoinHostPort(address, portOf(x))
		}
	}
	return ""
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), "443") }

// targetGeneration is the version of OpenIDM in 7.1.6 (inferred).
const targetGeneration = "7.1"

// majorOf is the number before the first dot, -1 where there is none.
func majorOf(version string) int {
	head, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(head)
	if err != nil {
		return -1
	}
	return n
}

// ofGeneration says whether a version is that of a generation, or later in it.
func ofGeneration(version, generation string) bool {
	return version == generation || strings.HasPrefix(version, generation+".") || strings.HasPrefix(version, generation+"-")
}

// lookAtInstance looks where the instance URL leads to, from here or from the
// address that the target's machine is said to have for it.
func (r *run) lookAtInstance(ctx context.Context) Findings {
	if n := r.journal.ConfigureNote(); n != nil && n.IsEnded() && !r.u.Again {
		return nil
	}
	instance, err := url.Parse(r.u.instanceURL())
	if err != nil {
		return nil // Validate refuses it
	}
	var found Findings
	if strings.TrimSuffix(instance.Path, "/") != "/openidm" {
		found = append(found, finding(CodeInstanceURL, StepConfigure, "the path of the instance URL %s is not /openidm/", r.u.instanceURL()))
	}
	if r.u.Source.HTTPClient != nil {
		return found // who has a client of his own reaches the source in a way of his own
	}
	host := instance.Hostname()
	addresses := []string{r.u.Checks.InstanceAddress}
	if addresses[0] == "" {
		if addresses, err = r.u.machine.LookupHost(ctx, host); err != nil || len(addresses) == 0 {
			if ctx.Err() != nil {
				return found
			}
			return append(found, finding(CodeInstanceUnresolved, StepConfigure, "%s, the host of the instance URL, does not resolve here: %v", host, err))
		}
	}
	source := r.sourceSeen.Load()
	if source == nil || !source.answered {
		return found // the source's own finding is the one to read
	}
	own, err := r.chainOf(ctx, r.u.sourceURL())
	if err != nil {
		return found // lookAtCertificate says so
	}
	var failed error
	for _, address := range addresses {
		there := *instance
		there.Path = "/openidm/"
		there.Host = net.JoinHostPort(address, portOf(instance))
		chain, err := r.chainOf(ctx, there.String())
		switch {
		case ctx.Err() != nil:
			return found
		case err != nil:
			failed = err
			continue
		case chain[0].Equal(own[0]):
			return found
		}
		return append(found, finding(CodeInstanceElsewhere, StepConfigure,
			"the instance URL leads to %s, where another certificate is presented (%s) than by the source (%s)",
			there.Host, keystore.CertificateSubject(chain[0].Raw), keystore.CertificateSubject(own[0].Raw)))
	}
	return append(found, finding(CodeInstanceUnreachable, StepConfigure, "nothing answers where the instance URL %s leads to: %v", r.u.instanceURL(), failed))
}
