package idconnecttest

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Options say what is started. The zero value is a source without users.
type Options struct {
	// Source and Target are the servers, as [openidmtest.Start] takes them. What
	// joins them need not be set: the roles, the target's stores and hosts file,
	// and its passwords, which are the source's unless given. CommonName of the
	// source, "" for "idc21.example.com", is the host of the instance URL. Version
	// of the target, "", is "7.1.6". If the source is InMemory, both servers of a
	// pair are; a site needs a network.
	Source, Target openidmtest.Options

	// Salesforce adds to both servers what the acceptance checks look at: a
	// directory, a Salesforce organization, and mappings, links, permission sets
	// and groups. Without it the upgrade of a site accepts that there is nothing
	// of the kind.
	Salesforce bool

	// Files are those of a site's package, by their slash-separated paths in its
	// folder salesforceIdConnect; nil: those of [Options.Package].
	Files map[string]string
	// IsSetUp sites have a target that runs, with the source's stores in its
	// folder: what is left are the steps prepare, stores, configure, migrate and
	// verify.
	IsSetUp bool
	// Answered is the file that the set-up script of a site creates once it was
	// answered. Nobody looks for it: [Site.StartTarget] starts the target. "" is
	// a file in the target's folder, which the site looks for every 5 ms.
	Answered string
}

const (
	defaultHost     = "idc21.example.com"
	defaultPassword = "changeit"
	administrator   = "openidm-admin"
	loopback        = "127.0.0.1"
)

// resolve fills in what joins the two servers.
func (o Options) resolve() Options {
	s, t := &o.Source, &o.Target
	s.Role, t.Role = openidmtest.Source, openidmtest.Target
	s.CommonName = cmp.Or(s.CommonName, defaultHost)
	s.AdminPassword = cmp.Or(s.AdminPassword, administrator)
	if s.Password.IsZero() {
		s.Password = keystore.NewPassword(defaultPassword)
	}
	t.AdminPassword = cmp.Or(t.AdminPassword, s.AdminPassword)
	t.Version = cmp.Or(t.Version, "7.1.6")
	hosts := map[string]string{s.CommonName: loopback}
	maps.Copy(hosts, t.Hosts)
	t.Hosts = hosts
	t.Password = s.Password
	if o.Salesforce {
		addSystems(s, openidmtest.OpenIDM31)
		addSystems(t, openidmtest.IDM71)
	}
	return o
}

// Pair is a source and a target that trusts it. Its methods may be called by
// several goroutines at once.
type Pair struct {
	// SourceClient and TargetClient are clients of the two servers, as
	// administrators.
	SourceClient, TargetClient *openidm.Client
	// Migration drives the target, with short pauses, and Origin is what it is told
	// of the source:
	//
	//	status, err := pair.Migration.Configure(ctx, pair.Origin)
	Migration *migration.Client
	Origin    migration.Source

	source *openidmtest.Server
	shared bool // the source is another's
	o      Options

	mu     sync.Mutex
	target *openidmtest.Server
	err    error // of the target's start
	closed bool
}

// NewPair starts a pair that is closed at the end of the test.
func NewPair(tb openidmtest.TB, o Options) *Pair {
	tb.Helper()
	p, err := StartPair(o)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() { p.Close() })
	return p
}

// StartPair starts a pair, both servers of which are ready. The caller closes it.
// The errors are those of [openidmtest.Start].
func StartPair(o Options) (*Pair, error) {
	p, err := startSource(o.resolve())
	if err != nil {
		return nil, err
	}
	err = p.startTarget(func(t *openidmtest.Options) {
		if t.Keystore == "" && t.Truststore == "" {
			t.StoresOf = p.source
		}
		if t.InMemory = p.o.Source.InMemory; t.InMemory {
			t.Peers = append(t.Peers, p.source)
		}
	})
	if err != nil {
		p.Close()
		return nil, err
	}
	p.join(p.target.URL)
	if p.o.Source.InMemory {
		p.SourceClient.HTTPClient, p.TargetClient.HTTPClient = p.source.Client(), p.target.Client()
	}
	return p, nil
}

// startSource starts the source of a pair.
func startSource(o Options) (*Pair, error) {
	p := &Pair{o: o}
	var err error
	if p.source, err = openidmtest.Start(o.Source); err != nil {
		return nil, fmt.Errorf("starting a pair of fakes: source: %w", err)
	}
	if o.Salesforce {
		addRecords(p.source, min(o.Source.Users, 200))
	}
	return p, nil
}

// join makes the clients. The target has the source's stores, or will have them, and
// presents its certificate.
func (p *Pair) join(targetURL string) {
	client := func(url, password string) *openidm.Client {
		return &openidm.Client{BaseURL: url, Credentials: account(password),
			Trust: jvmtrust.New(p.source.Truststore()), Pinned: p.source.Certificate()}
	}
	p.SourceClient = client(p.source.URL, p.o.Source.AdminPassword)
	p.TargetClient = client(targetURL, p.o.Target.AdminPassword)
	own := account(p.o.Source.AdminPassword)
	p.Origin = migration.Source{Username: own.Username, Password: own.Password,
		InstanceURL: "https://" + net.JoinHostPort(p.o.Source.CommonName, strconv.Itoa(p.source.Port())) + "/openidm/"}
	p.Migration = &migration.Client{API: p.TargetClient, PollInterval: pause, MaxPollInterval: 10 * pause}
}

// pause is between two questions to a fake, which answers at once.
const pause = 10 * time.Millisecond

func account(password string) openidm.Credentials {
	return openidm.Credentials{Username: administrator, Password: keystore.NewPassword(password)}
}

// startTarget starts the target, unless it runs, with options that may be set.
func (p *Pair) startTarget(set func(*openidmtest.Options)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target != nil || p.closed {
		return p.err
	}
	o := p.o.Target
	set(&o)
	p.target, p.err = openidmtest.Start(o)
	if p.err != nil {
		p.target, p.err = nil, fmt.Errorf("starting a pair of fakes: target: %w", p.err)
	}
	return p.err
}

// Source returns the server that is migrated from.
func (p *Pair) Source() *openidmtest.Server { return p.source }

// Target returns the server that is migrated to; nil until it is started, which that
// of a site is when its set-up script was answered.
func (p *Pair) Target() *openidmtest.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

// Fail gives the target a fault, from its start where it does not run yet.
func (p *Pair) Fail(f openidmtest.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.o.Target.Faults = append(p.o.Target.Faults, f)
	if p.target != nil {
		p.target.Fail(f)
	}
}

// Migrations returns how often the target was told to migrate.
func (p *Pair) Migrations() (n int) {
	if t := p.Target(); t != nil {
		for _, r := range t.Requests() {
			if r.Action == "migrate" {
				n++
			}
		}
	}
	return n
}

// Close ends both servers and the clients' connections. The error is that of a
// target that could not be started.
func (p *Pair) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range []*openidm.Client{p.SourceClient, p.TargetClient} {
		if c != nil {
			c.Close()
		}
	}
	if p.target != nil {
		p.target.Close()
	}
	if !p.shared {
		p.source.Close()
	}
	return p.err
}
