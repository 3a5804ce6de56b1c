package idconnect_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	goodRun = `{"_id":"r1","mapping":"repoLink_repoLink","state":"SUCCESS","stage":"COMPLETED_SUCCESS",` +
		`"statusSummary":{"SUCCESS":5,"FAILURE":0}}`
	unclear = migration.PhaseCompleteUnclear
	failing = migration.PhaseCompleteWithFailures
)

var promisesSuccess = []promise{
	{"an unknown word beside complete is no success", statusSaid(unclear, "ABORTED",
		`{"status":"complete","state":"ABORTED"}`, `{"status":"complete","result":{"status":"ABORTED"}}`)},
	{"nor is a run of an unknown state, wherever it stands", statusSaid(unclear, "PAUSED",
		`{"status":"complete","runs":[`+goodRun+`,`+bad("SUCCESS", "PAUSED")+`]}`,
		`{"status":"complete","reconciliations":[{"inner":`+bad("SUCCESS", "PAUSED")+`}]}`)},
	{"nor a run that failed beside complete", statusSaid(migration.PhaseFailed, "FAILED",
		`{"status":"complete","runs":[`+bad(`"SUCCESS","stage"`, `"FAILED","stage"`)+`]}`)},
	{"nor a stage that contradicts the state", statusSaid(unclear, "COMPLETED_FAILED",
		`[`+bad("COMPLETED_SUCCESS", "COMPLETED_FAILED")+`]`)},
	{"failed records of a run are counted at any depth", statusSaid(failing, "2 records failed",
		`{"status":"complete","result":{"runs":[`+bad(`"FAILURE":0`, `"FAILURE":2`)+`]}}`,
		`{"status":"complete","result":{"failed":2}}`, `{"status":"complete","failures":["u1","u2"]}`)},
	{"a count that is none is no zero", statusSaid(unclear, "failed",
		`{"status":"complete","failed":true}`, `{"status":"complete","failed":3.5}`,
		`{"status":"complete","result":{"failed":1e30}}`, `{"status":"complete","progress":{"failed":"2 records"}}`)},
	{"a member that nobody knows is shown and no success", statusSaid(unclear, "phase",
		`{"status":"complete","phase":"rolled back"}`, `{"status":"complete","result":{"phase":["\u001b[2J"]}}`)},
	{"a member that stands twice is read twice", statusSaid(migration.PhaseFailed, "",
		`{"status":"failed","status":"complete"}`)},
	{"a status that is too large is asked for again, and its size is said", tooLargeStatus},
	{"a server is not compared with itself by one address", sameServer(nil)},
	{"nor by a second name of it", sameServer(func(base string, _ *openidmtest.Server) string {
		return strings.Replace(base, "localhost", "127.0.0.1", 1)
	})},
	{"nor by IPv6 and IPv4", sameServer(func(base string, _ *openidmtest.Server) string {
		return strings.Replace(base, "localhost", "[::1]", 1)
	})},
	{"nor through a forwarded port, where it shows ids of its own", func(t *testing.T) {
		sameServer(func(_ string, s *openidmtest.Server) string {
			_, err := adminOf(s).StartRecon(t.Context(), "systemXmlfileAccounts_managedUser")
			must(t, err)
			return forwarded(t, s)
		})(t)
	}},
	{"a forwarded port that hides it is said in the report", hiddenServer},
	{"acceptance refuses it, too", func(t *testing.T) {
		s := openidmtest.NewTarget(t, openidmtest.Options{})
		err := acceptance.Run(t.Context(), adminOf(s), adminOf(s), acceptance.Options{}, verify.Options{},
			&verify.Report{})
		if !errors.Is(err, verify.ErrSameServer) {
			t.Error(err)
		}
	}},
	{"swapped servers are refused by version", swapped(
		openidmtest.Options{Generation: openidmtest.OpenIDM702, Version: "7.1.0"},
		openidmtest.Options{Generation: openidmtest.OpenIDM702, Version: "6.5.0"})},
	{"swapped servers are refused by linkQualifier", swapped(
		openidmtest.Options{Links: 3, Generation: openidmtest.OpenIDM702},
		openidmtest.Options{Links: 3, Generation: openidmtest.OpenIDM31})},
	{"swapped servers are refused by the endpoint", swapped(openidmtest.Options{Role: openidmtest.Target},
		openidmtest.Options{})},
	{"without a mark the report says which was read as which", func(t *testing.T) {
		alike := openidmtest.Options{Users: 5, Generation: openidmtest.OpenIDM702}
		source, target := openidmtest.NewSource(t, alike), openidmtest.NewSource(t, alike)
		r, err := verify.Run(t.Context(), adminOf(source), adminOf(target), verify.Options{})
		must(t, err)
		if !strings.Contains(strings.Join(r.Notes, "\n"), source.URL+" was read as the source") {
			t.Errorf("%q", r.Notes)
		}
	}},
	{"pages without records do not go on for ever", emptyPages},
}

// bad is the good run with something replaced.
func bad(from, to string) string { return strings.Replace(goodRun, from, to, 1) }

func adminOf(s *openidmtest.Server) *openidm.Client {
	return &openidm.Client{BaseURL: s.URL, Pinned: s.Certificate(), Credentials: openidm.Credentials{
		Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")}}
}

// statusSaid: a target that answers so ends no run and no watch well, is not sent
// anything, and what is wrong is named.
func statusSaid(phase migration.Phase, named string, answers ...string) func(t *testing.T) {
	return func(t *testing.T) {
		source, target := upgradePair(t, openidmtest.Options{}, openidmtest.Options{})
		u := upgradeOf(t, source, target, idconnect.StepMigrate)
		for _, answer := range answers {
			target.ClearFaults()
			target.Fail(openidmtest.Fault{Path: "endpoint/migration", Action: "status", Status: 200, Body: answer})
			m := &migration.Client{API: adminOf(target)}
			s, err := m.Status(t.Context())
			if err != nil || s.Phase != phase {
				t.Errorf("%s: %s, %v", answer, s.Phase, err)
			}
			for _, err := range u.Watch(t.Context(), 10*time.Millisecond) {
				if err == nil || !strings.Contains(err.Error(), named) || strings.Contains(err.Error(), "\x1b") {
					t.Errorf("watch of %s: %v", answer, err)
				}
			}
			if phase != unclear {
				continue // it has an end, and a run may ask once more
			}
			var state *migration.UnknownStateError
			if _, err := u.Run(t.Context()); !errors.As(err, &state) || !strings.Contains(err.Error(), named) {
				t.Errorf("run with %s: %v", answer, err)
			}
		}
		for _, r := range target.Requests() {
			if r.Action == "migrate" {
				t.Errorf("%s was sent", r.Action)
			}
		}
	}
}

// upgradePair is a source of 2.1 and a target with its stores.
func upgradePair(t *testing.T, from, to openidmtest.Options) (source, target *openidmtest.Server) {
	t.Helper()
	from.CommonName = testHost
	source = openidmtest.NewSource(t, from)
	if to.Version == "" {
		to.Version = "7.1.0"
	}
	to.StoresOf = source
	return source, openidmtest.NewTarget(t, to)
}

// upgradeOf performs steps on two servers that are there.
func upgradeOf(t *testing.T, source, target *openidmtest.Server, steps ...string) *idconnect.Upgrade {
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	u := &idconnect.Upgrade{
		Source:   idconnect.Server{URL: source.URL, Credentials: admin, HTTPClient: source.Client()},
		Target:   idconnect.Server{URL: target.URL, Credentials: admin, HTTPClient: target.Client()},
		StateDir: t.TempDir(), Steps: steps, SettleTime: 50 * time.Millisecond,
	}
	u.Hurry(testHurry)
	return u
}

func tooLargeStatus(t *testing.T) {
	const most = 100 << 10
	large := true
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !large {
			io.WriteString(w, `{"status":"complete"}`)
			return
		}
		large = false
		io.WriteString(w, `{"status":"complete"`+strings.Repeat(" ", most))
	}))
	t.Cleanup(s.Close)
	m := &migration.Client{PollInterval: time.Millisecond,
		API: &openidm.Client{BaseURL: s.URL + "/openidm/", HTTPClient: s.Client(), MaxBody: most}}
	var seen []string
	last, err := m.Wait(t.Context(), migration.PhaseComplete, func(s migration.Status) {
		if s.Down == 0 { // a busy machine may be late with the answer
			seen = append(seen, fmt.Sprint(s.Phase, " ", s.NotUnderstood))
		}
	})
	if err != nil || last.Phase != migration.PhaseComplete || len(seen) != 2 ||
		seen[0] != "unknown an answer of more than 100 KB" {
		t.Errorf("%q, %v", seen, err)
	}
}

// sameServer compares a server with itself at another address.
func sameServer(other func(base string, s *openidmtest.Server) string) func(*testing.T) {
	return func(t *testing.T) {
		s := openidmtest.NewTarget(t, openidmtest.Options{Users: 3, Connector: true})
		a, b := adminOf(s), adminOf(s)
		if other != nil {
			b.BaseURL = other(b.BaseURL, s)
		}
		r, err := idconnect.Verify(t.Context(), a, b, idconnect.VerifyOptions{})
		if !errors.Is(err, verify.ErrSameServer) || r.Same() || idconnect.RemedyOf(err) == "" {
			t.Errorf("%s: %v, same: %v", b.BaseURL, err, r.Same())
		}
	}
}

// forwarded is the address of a port that leads to a server.
func forwarded(t *testing.T, s *openidmtest.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()))
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	return localURL(l.Addr().(*net.TCPAddr).Port)
}

func hiddenServer(t *testing.T) {
	s := openidmtest.NewTarget(t, openidmtest.Options{Users: 3})
	b := adminOf(s)
	b.BaseURL = forwarded(t, s)
	r, err := idconnect.Verify(t.Context(), adminOf(s), b, idconnect.VerifyOptions{})
	must(t, err)
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "could not be told whether") ||
		!strings.Contains(notes, "proves nothing") {
		t.Errorf("%q", notes)
	}
	var shown strings.Builder
	must(t, idconnect.ReportOf(r, nil).Write(&shown, report.Text))
	if !strings.Contains(strings.Join(strings.Fields(shown.String()), " "), "could not be told whether") {
		t.Errorf("the report does not say it:\n%s", shown.String())
	}
	if v := idconnect.ReportOf(r, nil).View(); strings.Contains(v.Title, "hold the same") {
		t.Errorf("the verdict is %q", v.Title)
	}
}

// swapped compares two servers the wrong way round, and then the right way.
func swapped(from, to openidmtest.Options) func(*testing.T) {
	return func(t *testing.T) {
		var s [2]*openidmtest.Server
		for side, o := range []openidmtest.Options{from, to} {
			var err error
			s[side], err = openidmtest.Start(o)
			must(t, err)
			t.Cleanup(s[side].Close)
		}
		options := verify.Options{Collections: []verify.Collection{{Name: "links", Resource: "repo/link"}}}
		_, err := verify.Run(t.Context(), adminOf(s[0]), adminOf(s[1]), options)
		if !errors.Is(err, verify.ErrSwapped) {
			t.Errorf("swapped: %v", err)
		}
		u := upgradeOf(t, s[0], s[1], idconnect.StepMigrate, idconnect.StepVerify)
		plan, err := u.Plan(t.Context())
		must(t, err)
		if !slices.ContainsFunc(plan.Findings, func(f preflight.Finding) bool { return f.Code == "SERVERS-SWAPPED" }) {
			t.Errorf("run of swapped servers: %v", plan.Findings)
		}
		r, err := verify.Run(t.Context(), adminOf(s[1]), adminOf(s[0]), options)
		if err != nil || len(r.Notes) > 0 {
			t.Errorf("the right way round: %v, %q", err, r.Notes)
		}
	}
}

func emptyPages(t *testing.T) {
	source, target := verifyPair(t, 5)
	var asked atomic.Int64
	c := adminOf(target)
	c.Interval = 0
	endless := func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/managed/user") {
			target.ServeHTTP(rw, r)
			return
		}
		fmt.Fprintf(rw, `{"result":[],"pagedResultsCookie":"%d","totalPagedResults":9}`, asked.Add(1))
	}
	s := httptest.NewTLSServer(http.HandlerFunc(endless))
	t.Cleanup(s.Close)
	c.BaseURL, c.Pinned = s.URL+"/openidm/", s.Certificate()
	r, err := idconnect.Verify(t.Context(), adminOf(source), c, idconnect.VerifyOptions{})
	if !errors.Is(err, openidm.ErrPaging) || !strings.Contains(err.Error(), "100 pages in a row") || r.Same() {
		t.Errorf("%v", err)
	}
	if n := asked.Load(); n > 200 {
		t.Errorf("%d pages were read", n)
	}
}
