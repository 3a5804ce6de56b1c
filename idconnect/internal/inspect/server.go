package inspect

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Server is what was seen of a server.
type Server struct {
	// URL is its address, State and Version what it said, for people.
	URL, State, Version string
	// Answered: something speaks TLS there.
	Answered bool
	// ready: it says that it is. refused: the login failed. late: it did not
	// answer in time. misplaced: its address has another path than OpenIDM.
	ready, refused, late, misplaced bool
	found                           preflight.Findings
}

// readable: its records and configuration can be read.
func (s Server) readable() bool { return s.ready && !s.refused && !s.misplaced }

// serverCheck reports what was found when a server was asked.
type serverCheck struct{ server *fact[Server] }

func (c serverCheck) check(ctx context.Context, _ string) preflight.Findings {
	server, _ := c.server.get(ctx)
	if server.late {
		// Another check asked first, so that the time of the server ended before
		// the time of this check, whose end is the finding.
		<-ctx.Done()
	}
	return server.found
}

// side is what asking the source and asking the target differ in.
type side struct {
	name            string
	codes           preflight.ServerCodes
	step, loginStep string
	mustAnswer      bool
	client          func() (*openidm.Client, error)
}

// field is the server's field of Upgrade.
func (s side) field() string { return text.Capital(s.name) }

const notReachable = "not reachable"

func askSource(ctx context.Context, s *site.Site) Server {
	// With none of these steps the source is not asked for anything.
	step := s.First(site.StepPrepare, site.StepConfigure, site.StepMigrate, site.StepVerify)
	seen := Server{URL: s.Source.URL, State: notReachable}
	seen.ask(ctx, s, side{
		name: "source", codes: codes.Source, step: step, loginStep: step, mustAnswer: true, client: s.SourceClient,
	})
	return seen
}

func askTarget(ctx context.Context, s *site.Site) Server {
	seen := Server{URL: s.Target.URL, State: notReachable}
	seen.ask(ctx, s, side{
		name: "target", codes: codes.Target,
		step:      s.First(site.StepSetup, site.StepConfigure, site.StepMigrate, site.StepVerify),
		loginStep: s.First(site.StepMigrate, site.StepVerify),
		// A target that is not set up yet cannot answer.
		mustAnswer: !s.Chooses(site.StepSetup), client: s.TargetClient,
	})
	if version := seen.Version; version != "" && !ofGeneration(version, targetGeneration) {
		f := codes.TargetVersion.Finding(s.First(site.StepNames()...),
			"the target %s says version %s", seen.URL, version)
		if identity.Major(version) != identity.Major(targetGeneration) {
			f = f.As(preflight.Blocks)
		}
		seen.add(f)
	}
	return seen
}

func (seen *Server) add(f preflight.Finding) { seen.found = append(seen.found, f) }

// ask asks a server what it is, and whether the account may do what is to be
// done.
func (seen *Server) ask(ctx context.Context, s *site.Site, side side) {
	ctx, cancel := context.WithTimeout(ctx, s.Checks.Timeout)
	defer cancel()
	server := side.name + " " + seen.URL
	c, err := side.client()
	if err == nil {
		if own := seen.withPath(ctx, c, side); own != c {
			c = own
			defer c.Close()
		}
	}
	if err != nil {
		seen.State = "not asked: " + err.Error()
		seen.add(side.codes.TLS.Finding(side.step, "%v", err).
			WithWhy("it says which certificates to trust").WithRemedy(truststoreRemedy(err)))
		return
	}
	began := time.Now()
	health, err := c.Ping(ctx)
	took := time.Since(began)
	if errors.Is(err, openidm.ErrUnauthorized) {
		// Some rules give anonymous no ping; the login decides.
		health, err = openidm.Health{State: "ACTIVE_READY", Date: health.Date}, nil
	}
	if err != nil {
		if seen.late = ctx.Err() != nil; !seen.late {
			seen.silent(ctx, c, err, server, side)
		}
		return
	}
	seen.Answered, seen.ready, seen.State = true, health.Ready(), StateOf(health)
	if v, err := c.Version(ctx); err == nil {
		seen.Version = v.ProductVersion
	}
	if ahead, ok := clockDifference(health.Date, began, took); ok && ahead.Abs() > s.Checks.MaxClockDifference {
		how := "ahead of"
		if ahead < 0 {
			how = "behind"
		}
		seen.add(codes.ClockDifference.Finding(side.step, "the clock of the %s is %v %s this machine's",
			server, ahead.Abs().Round(time.Second), how))
	}
	if c.Compat == openidm.CompatVersions {
		seen.oldTLS(ctx, c, server, side)
	}
	if !seen.ready {
		if side.mustAnswer {
			seen.add(side.codes.Starting.Finding(side.step,
				"the %s is not ready: %s %s", server, health.State, health.ShortDesc))
		}
		return
	}
	if side.loginStep == "" || c.Credentials.Password.IsZero() {
		return
	}
	if side.name == "target" && s.Chooses(site.StepStores) {
		// A target that is up before its stores were copied has an account of
		// its own; the finding about the order is the one to read.
		if copied, _, _, err := s.StoresCopied(ctx); err != nil || !copied {
			return
		}
	}
	seen.login(ctx, c, server, side)
}

func (seen *Server) login(ctx context.Context, c *openidm.Client, server string, side side) {
	login, err := c.Login(ctx)
	seen.refused = err != nil || !login.IsAdmin()
	switch {
	case err != nil && ctx.Err() != nil:
		seen.late = true
	case errors.Is(err, openidm.ErrUnauthorized):
		seen.add(side.codes.Password.Finding(side.loginStep,
			"the %s refuses the password of %s", server, c.Credentials.Username))
	case errors.Is(err, openidm.ErrUnavailable):
		if side.mustAnswer {
			seen.add(side.codes.Starting.Finding(side.step, "the %s is not ready: %v", server, err))
		}
	case err != nil:
		seen.add(side.codes.LoginFailed.Finding(side.loginStep, "the login at the %s failed: %v", server, err))
	case !login.IsAdmin():
		seen.add(side.codes.Role.Finding(side.loginStep, "%s at the %s has the roles %s, not openidm-admin",
			login.AuthenticationID, server, strings.Join(login.Roles, ", ")))
	}
}

// clockDifference is how far a server's clock, which counts seconds, is ahead
// of this machine's at the time between question and answer.
func clockDifference(date, began time.Time, took time.Duration) (ahead time.Duration, known bool) {
	switch end := began.Add(took); {
	case date.IsZero():
		return 0, false
	case date.After(end):
		return date.Sub(end), true
	case date.Add(time.Second).Before(began):
		return date.Add(time.Second).Sub(began), true
	}
	return 0, true
}

// StateOf is a server's state for people.
func StateOf(h openidm.Health) string {
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
