package idconnect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// crashChild, in the environment, makes this program a run of the upgrade that
// ends itself at a point.
const crashChild = "IDC_TEST_CRASH_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(crashChild); text != "" {
		os.Exit(playCrashChild(text))
	}
	await.Beside(8)
	os.Exit(runTests(m))
}

// runTests keeps what runs leave for their user in a folder of the tests. Most need
// little memory, and a sixth of the processor's time was looking for what is left of
// it.
func runTests(m *testing.M) int {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(512 << 20)
	dir, err := os.MkdirTemp("", "state")
	if err == nil {
		defer os.RemoveAll(dir)
		err = os.Setenv("XDG_STATE_HOME", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// crashOrder is what a child is told. What it holds protects nothing.
type crashOrder struct {
	Source, Target, Instance    string // addresses
	SourceDir, TargetDir        string
	Package, JavaHome, StateDir string
	UserStateDir                string
	Policy                      keystore.Policy
	Steps                       []string
	// Rollback instead of a run, to a step.
	Rollback bool
	To       string
	Remove   bool
	// KillAt is the number of the point at which the child ends itself, from
	// 1; 0: never.
	KillAt int
	// KillOn, instead of a number, is the text of a point, and KillOnce a file that
	// what the point is about makes.
	KillOn   string
	KillOnce string
	// States is a folder for copies of the folder World, at the points of these numbers.
	World, States string
	Copies        []int

	// env is added to the child's environment.
	env []string
}

// crashResult is what a child says when it comes to its end.
type crashResult struct {
	Points  []string
	Outcome string
	Error   string
}

// crashPoints counts the points, and ends the process at one of them.
type crashPoints struct {
	mu     sync.Mutex
	killAt int
	seen   []string

	killOn   string
	killOnce string

	world, states string
	copies        []int
}

func (p *crashPoints) at(when, operation, path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	point := when + " " + operation + " " + filepath.Base(path)
	if p.repeats(point) {
		return
	}
	p.seen = append(p.seen, point)
	p.keep(len(p.seen), point)
	if p.killOn == point {
		for began := time.Now(); time.Since(began) < await.Patience; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(p.killOnce); err == nil {
				p.killAt = len(p.seen)
				break
			}
		}
	}
	if len(p.seen) == p.killAt {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			self.Kill() // SIGKILL, or TerminateProcess
		}
		select {} // holding the lock: nothing goes on
	}
}

// repeats reports whether a point is that of a question which is asked while a server starts or migrates, and was the
// last one, or the one before: how often it is asked depends on how busy the machine is.
func (p *crashPoints) repeats(point string) bool {
	asks := strings.HasSuffix(point, " ping") || strings.HasSuffix(point, " status migration")
	return asks && slices.ContainsFunc(p.seen, startsSetup) && slices.Contains(p.seen[len(p.seen)-2:], point)
}

// crashTransport has a point before each request is sent and after its answer
// has come.
type crashTransport struct {
	next   http.RoundTripper
	points *crashPoints
}

func (t crashTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.Method + " " + r.URL.Query().Get("_action")
	t.points.at("before", what, r.URL.Path)
	res, err := t.next.RoundTrip(r)
	t.points.at("after", what, r.URL.Path)
	return res, err
}

func playCrashChild(text string) int {
	var o crashOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	points := &crashPoints{killAt: o.KillAt, killOn: o.KillOn, killOnce: o.KillOnce,
		world: o.World, states: o.States, copies: o.Copies}
	disk.Point = points.at
	result, err := o.carryOut(points)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	points.mu.Lock()
	result.Points = points.seen
	points.mu.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		return 2
	}
	return 0
}

// carryOut is the run, or the rollback, to its end.
func (o crashOrder) carryOut(points *crashPoints) (result crashResult, err error) {
	u, err := o.upgrade(points)
	if err != nil {
		return result, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*await.Patience) // a whole upgrade, under wine
	defer cancel()
	result.Outcome = "failed"
	if o.Rollback {
		if _, err = u.Rollback(ctx, o.To); err == nil {
			result.Outcome = "done"
		}
	} else {
		var report *report.Report
		if report, err = u.Run(ctx); report != nil {
			result.Outcome = report.Outcome
			for _, f := range report.Findings.Blocking() {
				err = fmt.Errorf("%w; %s: %s", err, f.Code, f.Seen)
			}
		}
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result, nil
}

func (o crashOrder) upgrade(points *crashPoints) (*idconnect.Upgrade, error) {
	security := filepath.Join(o.SourceDir, "security")
	password := keystore.NewPassword("changeit")
	keys, err := keystore.Open(filepath.Join(security, "keystore.jceks"), password)
	if err != nil {
		return nil, err
	}
	trusted, err := keystore.Open(filepath.Join(security, "truststore"), password)
	if err != nil {
		return nil, err
	}
	own, _ := keys.Entry("openidm-localhost")
	chain, err := own.Certificates()
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: crashTransport{&http.Transport{
		TLSClientConfig:     jvmtrust.New(trusted).TLSConfig("localhost", chain[0]),
		MaxIdleConnsPerHost: 16,
	}, points}}
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	u := &idconnect.Upgrade{
		SourceDir: o.SourceDir, TargetDir: o.TargetDir, Package: o.Package, JavaHome: o.JavaHome, StateDir: o.StateDir,
		UserStateDir: o.UserStateDir,
		Source:       idconnect.Server{URL: o.Source, Credentials: admin, HTTPClient: client},
		Target:       idconnect.Server{URL: o.Target, Credentials: admin, HTTPClient: client},
		InstanceURL:  o.Instance, TruststoreConflict: o.Policy, Steps: o.Steps, RemoveAdded: o.Remove,
		SettleTime: 100 * time.Millisecond,
		Verify:     verify.Options{Accept: acceptance.Codes()}, // there is nothing of Salesforce
	}
	u.Hurry(10 * time.Millisecond)
	return u, nil
}
