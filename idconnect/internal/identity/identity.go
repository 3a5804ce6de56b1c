// Package identity tells whether source and target are two servers, and the right
// way round, before one is compared with the other: by their addresses, by ids
// of their own, and by what only a later generation has. It only asks. Begin with
// [Pair.Check].
package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// What is wrong with a pair, by errors.Is.
var (
	ErrSame    = errors.New("source and target are the same server")
	ErrSwapped = errors.New("source and target are swapped")
)

// Error says what is wrong with a pair.
type Error struct {
	Err  error // ErrSame or ErrSwapped
	Seen string
}

func (e *Error) Error() string { return e.Err.Error() + ": " + e.Seen }

// Unwrap returns ErrSame or ErrSwapped.
func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *Error) Remedy() string {
	if errors.Is(e.Err, ErrSwapped) {
		return "give the address of 2.1 as the source and that of 7.1.6 as the target"
	}
	return "give the target's own address"
}

// Pair are the servers that are to be two. Lookup resolves host names; nil: as
// programs do.
type Pair struct {
	Source, Target *openidm.Client
	Lookup         func(ctx context.Context, host string) ([]string, error)
}

// Hide takes out of texts what the clients know: their servers may repeat it.
func (p Pair) Hide() redact.Redactor {
	var all []redact.Redactor
	for _, c := range []*openidm.Client{p.Source, p.Target} {
		if c != nil {
			own := c.Credentials
			all = append(all, redact.New(own.Username, append([]openidm.Secret{own.Password}, c.Hide...)...))
		}
	}
	return redact.Join(all...)
}

// Seen is what a [Pair] shows of itself.
type Seen struct {
	// Notes say what could not be told of the two.
	Notes []string
	// Source and Target are the versions, "" if a server does not tell its own.
	Source, Target string
}

// checked is the key of a pair in a context.
type checked struct{}

// Checked returns a context in which Check need not ask the same two clients again.
// It says nothing of them then.
func (p Pair) Checked(ctx context.Context) context.Context {
	return context.WithValue(ctx, checked{}, p.clients())
}

func (p Pair) clients() [2]*openidm.Client { return [2]*openidm.Client{p.Source, p.Target} }

// Check returns an [*Error] if the two are one server or swapped. A server that
// does not answer is no error here: whoever reads it next finds out.
func (p Pair) Check(ctx context.Context) (Seen, error) {
	if ctx.Value(checked{}) == p.clients() {
		return Seen{}, nil
	}
	if err := p.Addresses(ctx); err != nil {
		return Seen{}, err
	}
	var marks [2]marks
	p.both(func(side int, c *openidm.Client) { marks[side] = look(ctx, c) })
	if later(marks[0], marks[1]) == "" && later(marks[1], marks[0]) == "" {
		p.both(func(side int, c *openidm.Client) {
			if !marks[side].silent {
				marks[side].qualified = hasQualifier(ctx, c)
			}
		})
	}
	if ctx.Err() != nil {
		return Seen{}, ctx.Err()
	}
	seen := Seen{Source: marks[0].version, Target: marks[1].version}
	a, b := Shown(p.Source.BaseURL), Shown(p.Target.BaseURL)
	for id := range marks[0].runs {
		if marks[1].runs[id] {
			return Seen{}, &Error{ErrSame, fmt.Sprintf("%s and %s both show the reconciliation %s", a, b,
				text.Printable(text.Cut(id, 80)))}
		}
	}
	if why := later(marks[0], marks[1]); why != "" {
		return Seen{}, &Error{ErrSwapped, fmt.Sprintf("the source, %s, %s", a, why)}
	}
	ordered := later(marks[1], marks[0]) != ""
	if !ordered && !marks[0].differ(marks[1]) {
		seen.Notes = append(seen.Notes, fmt.Sprintf("it could not be told whether %s and %s are two "+
			"servers: if a forwarded port or a proxy leads both addresses to one, the comparison proves nothing", a, b))
	}
	if !ordered {
		seen.Notes = append(seen.Notes, fmt.Sprintf("nothing tells which of the two servers is 2.1: %s was "+
			"read as the source, %s as the target", a, b))
	}
	return seen, nil
}

func (p Pair) both(do func(side int, c *openidm.Client)) {
	var both sync.WaitGroup
	for side, c := range p.clients() {
		both.Go(func() { do(side, c) })
	}
	both.Wait()
}

// Addresses is the part of Check that asks no server: both clients are there, and
// connect to two places.
func (p Pair) Addresses(ctx context.Context) error {
	var to [2]string
	for side, s := range []struct {
		name   string
		client *openidm.Client
	}{{"source", p.Source}, {"target", p.Target}} {
		if s.client == nil {
			return fmt.Errorf("comparing two servers: the client of the %s is nil", s.name)
		}
		var err error
		if to[side], err = s.client.DialAddress(); err != nil {
			return fmt.Errorf("comparing two servers: the client of the %s: %w", s.name, err)
		}
	}
	if !samePath(p.Source, p.Target) {
		return nil
	}
	// A caller's own client reaches its server in a way of its own.
	own, other := p.Source.HTTPClient, p.Target.HTTPClient
	seen := ""
	switch {
	case own == nil && other == nil:
		lookup := p.Lookup
		if lookup == nil {
			lookup = net.DefaultResolver.LookupHost
		}
		seen = shared(ctx, lookup, to[0], to[1])
	case strings.EqualFold(to[0], to[1]) && (own == nil || other == nil || own == other):
		seen = "both are " + to[0]
	}
	if seen != "" {
		return &Error{ErrSame, seen}
	}
	return nil
}

// samePath: one port may lead to two servers by path, behind a proxy.
func samePath(source, target *openidm.Client) bool {
	x, errX := url.Parse(source.BaseURL)
	y, errY := url.Parse(target.BaseURL)
	return errX == nil && errY == nil && strings.Trim(x.Path, "/") == strings.Trim(y.Path, "/")
}

// marks are what a server shows of itself; nil: it could not be told.
type marks struct {
	silent  bool // it did not answer
	version string
	// endpoint: it has a migration service, as only a target has.
	endpoint *bool
	// qualified: its links have a linkQualifier, as those of 2.1 do not.
	qualified *bool
	// runs are the ids of the reconciliations that it remembers, which it chose
	// at random; nil: it did not say.
	runs map[string]bool
}

// lookTime bounds what is asked of one server: one that hangs shows nothing.
const lookTime = 30 * time.Second

// look asks one thing after the other: it runs beside the first requests for records.
func look(ctx context.Context, c *openidm.Client) (m marks) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	v, err := c.Version(ctx)
	if errors.Is(err, openidm.ErrUnavailable) || errors.Is(err, openidm.ErrBusy) || ctx.Err() != nil {
		return marks{silent: true}
	}
	m.version = v.ProductVersion
	m.endpoint = hasService(ctx, c)
	if runs, err := c.Recons(ctx); err == nil {
		m.runs = map[string]bool{}
		for _, r := range runs {
			if r.ID != "" {
				m.runs[r.ID] = true
			}
		}
	}
	return m
}

// hasQualifier reports whether the links of a server have a linkQualifier, nil where
// it shows none.
func hasQualifier(ctx context.Context, c *openidm.Client) *bool {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var link struct {
		Qualifier json.RawMessage `json:"linkQualifier"`
	}
	page, err := c.QueryPage(ctx, "repo/link", openidm.Query{PageSize: 1}, "")
	if err != nil || len(page.Result) == 0 || json.Unmarshal(page.Result[0], &link) != nil {
		return nil
	}
	has := len(link.Qualifier) > 0 && string(link.Qualifier) != "null"
	return &has
}

// hasService reports whether a server has one of the migration services. It reads
// them, since nothing but reads may go to a source: one that is there refuses that
// in its own words, one that is not is not found (measured for endpoint/migration).
func hasService(ctx context.Context, c *openidm.Client) *bool {
	has, known := false, true
	for _, path := range []string{"endpoint/migration", migration.ServiceEndpoint} {
		if has {
			break
		}
		var answer *openidm.Error
		err := c.Read(ctx, path, nil)
		switch {
		case err == nil:
			has = true
		case errors.Is(err, openidm.ErrNotFound):
		case errors.Is(err, openidm.ErrUnauthorized), errors.Is(err, openidm.ErrForbidden),
			errors.Is(err, openidm.ErrUnavailable), errors.Is(err, openidm.ErrBusy),
			errors.Is(err, openidm.ErrNotOpenIDM), !errors.As(err, &answer):
			known = false
		default:
			has = true
		}
	}
	if !has && !known {
		return nil
	}
	return &has
}

// later says why a is of a later generation than b, "" where nothing says so.
func later(a, b marks) string {
	x, y := Major(a.version), Major(b.version)
	only := func(p, q *bool) bool { return p != nil && q != nil && *p && !*q }
	switch {
	case x > 0 && y > 0 && x != y:
		if x > y {
			return fmt.Sprintf("has version %s, and the other %s", a.version, b.version)
		}
		return ""
	case only(a.endpoint, b.endpoint):
		return "has a migration service, and the other has none"
	case only(b.endpoint, a.endpoint):
		return ""
	case only(a.qualified, b.qualified):
		return "has links with a linkQualifier, and the other has links without"
	}
	return ""
}

// differ reports whether two servers are certainly not one.
func (m marks) differ(o marks) bool {
	unlike := func(p, q *bool) bool { return p != nil && q != nil && *p != *q }
	return m.version != "" && o.version != "" && m.version != o.version || unlike(m.endpoint, o.endpoint) ||
		unlike(m.qualified, o.qualified) || m.runs != nil && o.runs != nil && len(m.runs)+len(o.runs) > 0
}

// Major is the number before the first dot of a version, 0 where there is none.
func Major(version string) int {
	head, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(head)
	if err != nil {
		return 0
	}
	return n
}

// Shown is an address without what may be secret.
func Shown(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// shared says where two addresses, host:port, lead to if that is one place: the
// same name, two names of one IP address, or two of this machine itself, IPv4
// and IPv6. It is "" where that is not so or not known.
func shared(ctx context.Context, lookup func(context.Context, string) ([]string, error), a, b string) string {
	if strings.EqualFold(a, b) {
		return "both are " + a
	}
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB {
		return ""
	}
	ofA, ofB := host.Addresses(ctx, lookup, hostA), host.Addresses(ctx, lookup, hostB)
	for _, ip := range ofA {
		if slices.Contains(ofB, ip) {
			return a + " and " + b + " are both " + ip.String() + " port " + portA
		}
	}
	if slices.ContainsFunc(ofA, isThisMachine) && slices.ContainsFunc(ofB, isThisMachine) {
		return a + " and " + b + " are both port " + portA + " of this machine"
	}
	return ""
}

// isThisMachine: loopback, or the unspecified address, which leads there.
func isThisMachine(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsUnspecified() }
