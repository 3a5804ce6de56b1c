package idconnect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	matrixSourcePassword = "Sesame-of-the-source"
	matrixTargetPassword = "Sesame-of-the-target"
	// matrixPatience is how long a run may take, on the bubble's clock.
	matrixPatience = time.Hour
)

// matrixKinds are what goes wrong with one request. The echo is an answer that
// repeats the password which it was sent, for %s.
func matrixKinds() map[string]openidmtest.Fault {
	page := func(status int, body string) openidmtest.Fault {
		return openidmtest.Fault{Status: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: body}
	}
	kinds := map[string]openidmtest.Fault{
		"refuse":            {Effect: openidmtest.Refuse},
		"reset":             {Effect: openidmtest.Reset},
		"hang":              {Effect: openidmtest.Hang},
		"slow":              {Delay: 20 * time.Second},
		"too slow":          {Delay: 40 * time.Second},
		"lose the answer":   {Effect: openidmtest.LoseAnswer},
		"truncate":          {Effect: openidmtest.Truncate},
		"restart":           {Effect: openidmtest.Restart},
		"wrong certificate": {Effect: openidmtest.WrongCertificate},
		"html 404":          page(404, "<html><h2>HTTP ERROR 404</h2></html>"),
		"html 502":          page(502, "<html>bad gateway</html>"),
		"html 200":          page(200, "<html>please sign in</html>"),
		"empty 200":         answer(200, ""),
		"null 200":          answer(200, "null"),
		"error in a 200": answer(200,
			`{"code":500,"reason":"Internal Server Error","message":"m","error":"it did not work"}`),
		"false success": answer(200, `{"_id":"","status":"complete","state":"ACTIVE_READY",`+
			`"result":[],"resultCount":0,"pagedResultsCookie":null}`),
		"redirect": {Status: 302, Header: http.Header{"Location": {"https://elsewhere.example.com/"}}},
		"echo": answer(500,
			`{"code":500,"reason":"Internal Server Error","message":"password %s not taken"}`),
	}
	for _, status := range []int{401, 403, 404, 409, 429, 500, 503, 504} {
		kinds[fmt.Sprint(status)] = answer(status, fmt.Sprintf(`{"code":%d,"reason":"R","message":"m"}`, status))
	}
	return kinds
}

// matrixWorld is a whole upgrade in memory, inside a bubble.
type matrixWorld struct {
	source, target *openidmtest.Server
	u              *idconnect.Upgrade
	said           *bytes.Buffer // all that a person or a log sees
}

// matrixStores is a folder with the stores of both servers.
func matrixStores(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, openidmtest.NewSource(t, openidmtest.Options{InMemory: true}).WriteStores(dir))
	return dir
}

func newMatrixWorld(t *testing.T, stores string) *matrixWorld {
	t.Helper()
	o := openidmtest.Options{
		InMemory: true,
		Keystore: filepath.Join(stores, "keystore.jceks"), Truststore: filepath.Join(stores, "truststore"),
		Users: 5, Roles: 1, Links: 2, Connector: true, AdminPassword: matrixSourcePassword,
		// Of what is copied last.
		Schedules: []openidmtest.Schedule{{ID: "job", OverREST: true, Job: map[string]any{"enabled": true}}},
	}
	w := &matrixWorld{said: &bytes.Buffer{}}
	w.source = openidmtest.NewSource(t, o)
	o.Users, o.Roles, o.Links, o.Schedules = 0, 0, 0, nil
	o.AdminPassword, o.Peers = matrixTargetPassword, []*openidmtest.Server{w.source}
	o.PageSize, o.Pace = 3, time.Second
	w.target = openidmtest.NewTarget(t, o)
	dir, err := os.MkdirTemp(stores, "state")
	must(t, err)
	var mu sync.Mutex
	server := func(s *openidmtest.Server, password string) idconnect.Server {
		return idconnect.Server{URL: s.URL, HTTPClient: &http.Client{Transport: s.Transport()},
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword(password)}}
	}
	w.u = &idconnect.Upgrade{
		Source: server(w.source, matrixSourcePassword), Target: server(w.target, matrixTargetPassword), StateDir: dir,
		// Those that have records.
		Verify: verify.Options{Collections: []verify.Collection{
			{Name: "users", Resource: "repo/managed/user"}, {Name: "roles", Resource: "repo/managed/role"},
			{Name: "links", Resource: "repo/link"},
		}, Accept: acceptance.Codes()},
		// One name each: the others are asked for in the same way.
		Acceptance: acceptance.Options{
			PermissionSets: []string{"repo/managed/permissionset"}, Groups: []string{"managed/group"},
			Organizations: []string{"repo/managed/org"},
		},
		Steps: []string{idconnect.StepPrepare, idconnect.StepConfigure, idconnect.StepMigrate, idconnect.StepVerify},
		Logger: slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return w.said.Write(b)
		}), &slog.HandlerOptions{Level: slog.LevelDebug})),
		Events: func(e idconnect.Event) {
			mu.Lock()
			defer mu.Unlock()
			json.NewEncoder(w.said).Encode(e)
		},
	}
	return w
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// run is one run, with what nobody may see or wait for.
func (w *matrixWorld) run(t *testing.T) error {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), matrixPatience)
	defer cancel()
	report, err := w.u.Run(ctx)
	if took := time.Since(began); took > matrixPatience+time.Second {
		t.Errorf("it ended %v after its context", took-matrixPatience)
	}
	json.NewEncoder(w.said).Encode(report)
	fmt.Fprintf(w.said, "%v %+v\n", err, err)
	if report != nil {
		fmt.Fprintln(w.said, report)
	}
	if err == nil && !w.same(compared...) {
		t.Error("it reports success, and the target does not hold what the source does")
	}
	return err
}

// compared are the tables of the collections that a comparison covers, and copied
// those that a migration does.
var (
	compared = []string{"managed/user", "managed/role", "link"}
	copied   = append(slices.Clone(compared), "scheduler/job")
)

// same compares the servers' records without the code under test.
func (w *matrixWorld) same(tables ...string) bool {
	for _, path := range tables {
		want, got := map[string]any{}, map[string]any{}
		for id, r := range w.source.Records(strings.TrimSuffix(path, "/job")) {
			delete(r, "_rev")
			want[id] = w.target.Migrated(path, id, r)
		}
		for id, r := range w.target.Records(path) {
			delete(r, "_rev")
			got[id] = r
		}
		if !reflect.DeepEqual(want, got) {
			return false
		}
	}
	return true
}

// migrations is how often the target began to copy: it reads three records a
// page, which nobody else does.
func (w *matrixWorld) migrations() (n int) {
	for _, r := range w.source.Requests() {
		if r.Path == "repo/link" && strings.Contains(r.Query, "_pageSize=3&") &&
			!strings.Contains(r.Query, "_pagedResultsCookie") {
			n++
		}
	}
	return n
}

// matrixRequests are the requests of a run that nothing disturbs, to the source
// and to the target: the password that each one sends.
func matrixRequests(t *testing.T, stores string) (requests [2][]string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newMatrixWorld(t, stores)
		must(t, w.run(t))
		if w.migrations() != 1 {
			t.Fatalf("%d migrations in a run that nothing disturbs", w.migrations())
		}
		for side, s := range []*openidmtest.Server{w.source, w.target} {
			for _, r := range s.Requests() {
				sent := matrixSourcePassword
				switch {
				case r.Action == "configure":
				case r.Username == "anonymous":
					sent = "anonymous"
				case side == 1:
					sent = matrixTargetPassword
				}
				requests[side] = append(requests[side], sent)
			}
		}
	})
	if len(requests[0]) < 10 || len(requests[1]) < 10 {
		t.Fatalf("%d and %d requests: too few for a whole upgrade", len(requests[0]), len(requests[1]))
	}
	return requests
}

// matrixRow is a kind of fault at one of the servers.
type matrixRow struct {
	side int
	kind string
	// once, or else from then on
	once bool
}

func (r matrixRow) String() string {
	return fmt.Sprintf("%s of the %s, %s", r.kind, []string{"source", "target"}[r.side],
		map[bool]string{true: "once", false: "from then on"}[r.once])
}

// numbers of the requests that the fault hits, of so many.
func (r matrixRow) numbers(of int) (numbers []int) {
	step := 1
	if !r.once {
		step = 6 // what breaks for good breaks the later ones too
	}
	for n := len(r.String()) % min(step, of); n < of; n += step {
		numbers = append(numbers, n)
	}
	return numbers
}

// sampled is a request of each kind, not of all the same one; or every fifth with EXHAUSTIVE=1; or all of the night.
func sampled(row matrixRow, numbers []int) (some []int) {
	at := len(row.String()) * 7
	switch {
	case exhaustive.Nightly():
		return numbers
	case !exhaustive.All():
		at %= len(numbers)
		return numbers[at : at+1]
	}
	for at %= min(5, len(numbers)); at < len(numbers); at += 5 {
		some = append(some, numbers[at])
	}
	return some
}

func matrixRows() (rows []matrixRow) {
	for side := range 2 {
		for kind := range matrixKinds() {
			rows = append(rows, matrixRow{side, kind, true})
			// A server that restarts for ever does not exist, and one that always
			// says that it is empty is empty.
			if kind != "restart" && kind != "false success" {
				rows = append(rows, matrixRow{side, kind, false})
			}
		}
	}
	slices.SortFunc(rows, func(a, b matrixRow) int { return strings.Compare(a.String(), b.String()) })
	return rows
}

// TestFaultMatrix lets every fault hit every request of an upgrade, once and
// from then on. The requests are those of a run that nothing disturbs.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	stores := matrixStores(t)
	requests := matrixRequests(t, stores)
	var chosen, good, asked atomic.Int32
	rows, all := matrixRows(), 0
	for _, row := range rows {
		all += len(row.numbers(len(requests[row.side])))
	}
	if testing.Short() {
		rows = exhaustive.Sample(rows, 24)
	}
	t.Run("faults", func(t *testing.T) {
		for _, row := range rows {
			t.Run(row.String(), func(t *testing.T) {
				t.Parallel()
				for _, n := range sampled(row, row.numbers(len(requests[row.side]))) {
					fault := matrixKinds()[row.kind]
					fault.After = n
					if row.once {
						fault.Times = 1
					}
					if row.kind == "echo" {
						fault.Body = fmt.Sprintf(fault.Body, requests[row.side][n])
					}
					chosen.Add(1)
					ok := false
					synctest.Test(t, func(t *testing.T) {
						ok = disturbed(t, newMatrixWorld(t, stores), row.side, fault, &asked)
						if t.Failed() {
							t.Logf("request %d", n)
						}
						ok = ok && !t.Failed()
					})
					if ok {
						good.Add(1)
					}
				}
			})
		}
	})
	fmt.Printf("TestFaultMatrix: %d of %d of %d faults at %d requests: no wrong success, no second migration, "+
		"no hang, no leak; all converge, %d after a person looked\n",
		good.Load(), chosen.Load(), all, len(requests[0])+len(requests[1]), asked.Load())
}

// disturbed is one run with a fault, and the same run after it.
func disturbed(t *testing.T, w *matrixWorld, side int, fault openidmtest.Fault, asked *atomic.Int32) bool {
	server := w.source
	if side == 1 {
		server = w.target
	}
	server.Fail(fault)
	first := w.run(t)
	if n := w.migrations(); n > 1 {
		t.Errorf("%d migrations in the run with the fault: %v", n, first)
	}
	arrived := w.same(copied...)
	w.source.ClearFaults()
	w.target.ClearFaults()
	w.target.Wait() // a migration that is under way goes on without us
	synctest.Wait()
	before := w.migrations()
	arrived = arrived || w.same(copied...)
	second := w.run(t)
	var unknown *migration.UnknownOutcomeError
	if (errors.As(second, &unknown) || errors.Is(second, idconnect.ErrDifferences)) && !arrived {
		// Half a migration on a target that has forgotten it, or that believed a
		// source which said too little: no program can know whether to migrate
		// once more, so it says so until a person does.
		asked.Add(1)
		w.u.Again = true
		second = w.run(t)
	}
	if second != nil {
		t.Errorf("after the fault: %v (with it: %v)", second, first)
	}
	if n := w.migrations(); arrived && n > before {
		t.Errorf("all had arrived, and it was migrated once more (with the fault: %v)", first)
	}
	for _, secret := range []string{matrixSourcePassword, matrixTargetPassword} {
		if i := strings.Index(w.said.String(), secret); i >= 0 {
			t.Errorf("a password was shown: …%.200s", w.said.String()[max(0, i-100):])
		}
	}
	return !t.Failed()
}
