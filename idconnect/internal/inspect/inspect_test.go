package inspect

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/costlykeys"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// hangs is the address of a server that takes connections and never answers.
func hangs(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "https://" + l.Addr().String() + "/openidm/"
}

// costlyKeys is a keystore whose keys take longer to open than a test waits.
var costlyKeys = sync.OnceValues(func() ([]byte, error) {
	s := keystore.New(keystore.JCEKS)
	password := keystore.NewPassword("changeit")
	o := keystore.PutOptions{Password: password, Iterations: 1000}
	if err := s.PutSecretKey("openidm-sym-default", "AES", make([]byte, 16), o); err != nil {
		return nil, err
	}
	return costlykeys.Encode(s, password, 500)
})

// costly is an installation with that keystore.
func costly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	security := filepath.Join(dir, "security")
	keys, err := costlyKeys()
	truststore, password := filepath.Join(security, "truststore"), keystore.NewPassword("changeit")
	if err := errors.Join(
		err, os.Mkdir(security, 0o700), os.WriteFile(filepath.Join(security, "keystore.jceks"), keys, 0o600),
		keystore.WriteFile(truststore, keystore.New(keystore.JKS), password),
	); err != nil {
		t.Fatal(err)
	}
	return dir
}

func inspection(t *testing.T, steps ...string) *Inspection {
	t.Helper()
	admin := openidm.Credentials{Password: keystore.NewPassword("secret")}
	s := &site.Site{
		SourceDir: costly(t), TargetDir: filepath.Join(t.TempDir(), "target"),
		Package: filepath.Join(t.TempDir(), "p.zip"),
		Source:  site.Server{URL: hangs(t), Credentials: admin}, Target: site.Server{URL: hangs(t), Credentials: admin},
		GivenPassword: keystore.NewPassword("changeit"), Chosen: steps,
		Checks: preflight.Options{Timeout: 200 * time.Millisecond},
	}
	if err := s.Resolve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	place, err := journal.Find(t.Context(), journal.Target{Folder: s.TargetDir, URL: s.Target.URL})
	if err != nil {
		t.Fatal(err)
	}
	j, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	s.StateDir = place.Dir
	return &Inspection{Site: s, Journal: j, Place: place, Configured: func(context.Context) bool { return false }}
}

// TestChecksEnd: against servers that hang and keys that are costly, every check
// ends within a second of its time, is reported, and leaves nothing running.
func TestChecksEnd(t *testing.T) {
	i := inspection(t)
	limit := i.Site.Checks.Timeout
	w := newWorld(t.Context(), i.Site)
	checks := i.checks(w)
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			await.Within(t, c.name, limit+grace, func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				c.check(ctx, c.steps[0])
			})
		})
	}
	await.Until(t, "both findings, of what hangs and of what does not", func() bool {
		result := i.Run(t.Context())
		if result.Source.Answered || result.Target.Answered {
			t.Errorf("%+v, %+v", result.Source, result.Target)
		}
		return result.Findings.Has("CHECK-TIMED-OUT") && result.Findings.Has("PACKAGE-MISSING")
	})
	nothingRuns(t)
}

// TestAskedFirst: a server that hangs is reported, although another check asked
// it first and its time ended before that of the check that reports it.
func TestAskedFirst(t *testing.T) {
	i := inspection(t)
	limit := i.Site.Checks.Timeout
	w := newWorld(t.Context(), i.Site)
	w.source.get(t.Context()) // and it has ended
	found := w.paths.perform(t.Context(), i.checks(w)[0], limit, "prepare")
	if !found.Has("CHECK-TIMED-OUT") || len(found.Blocking()) == 0 {
		t.Errorf("%v", found)
	}
}

// TestInterrupted: when the caller's context ends, so do all checks, and none
// says that it ran out of time.
func TestInterrupted(t *testing.T) {
	i := inspection(t)
	i.Site.Checks.Timeout = time.Minute
	await.Within(t, "an interrupted inspection", 100*time.Millisecond+grace, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if result := i.Run(ctx); result.Findings.Has("CHECK-TIMED-OUT") {
			t.Errorf("%v", result.Findings)
		}
	})
	nothingRuns(t)
}

// nothingRuns waits until no check runs.
func nothingRuns(t *testing.T) {
	t.Helper()
	running := ""
	defer func() {
		if t.Failed() {
			t.Logf("still running:\n%s", running)
		}
	}()
	stacks := make([]byte, 1<<20)
	await.Until(t, "no check runs", func() bool {
		for running = range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(running, "internal/inspect.") && !strings.Contains(running, "nothingRuns") {
				return false
			}
		}
		running = ""
		return true
	})
}

// TestPaths: a path that does not answer is touched once, whoever needs it, and
// the finding names it.
func TestPaths(t *testing.T) {
	answer := make(chan struct{})
	var touched atomic.Int32
	p := &paths{touch: func(string) { touched.Add(1); <-answer }}
	for range 3 {
		c := entry{name: "the folder", paths: []string{"/gone"}, must: true}
		found := p.perform(t.Context(), c, 10*time.Millisecond, "unpack")
		if len(found) != 1 || found[0].Severity != preflight.Blocks ||
			!strings.Contains(found[0].Seen, "/gone does not answer") {
			t.Errorf("%v", found)
		}
	}
	close(answer)
	if n := touched.Load(); n != 1 {
		t.Errorf("touched %d times", n)
	}
}
