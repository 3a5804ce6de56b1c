package idconnect_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const testHost = "idc21.example.com"

// world is a source, a package whose set-up script waits for a server, and the
// server that starts when the script was answered.
type world struct {
	u      *idconnect.Upgrade
	source *openidmtest.Server
	dir    string
	faults []openidmtest.Fault

	mu     sync.Mutex
	target *openidmtest.Server
}

const testSetup = `#!/bin/sh
printf 'Data source: embedded Postgres. Press Enter: '
read -r answer
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = "changeit" ] || { echo "cannot open the keystore with $password"; exit 4; }
touch started
`

// testSetupBatch is the same for Windows.
const testSetupBatch = "@echo off\r\n" +
	"set /p answer=Data source: embedded Postgres. Press Enter: \r\n" +
	"set /p password=Enter keystore password: \r\n" +
	"if not \"%password%\"==\"changeit\" goto refused\r\n" +
	"echo.> started\r\n" +
	"exit /b 0\r\n" +
	":refused\r\n" +
	"echo cannot open the keystore with %password%\r\n" +
	"exit /b 4\r\n"

// testJava is what the Java of a world says of itself.
const testJava = `openjdk version "11.0.2" 64-Bit`

// javaHome makes the Java of a world: a script, and on Windows, where none goes by
// the name of java.exe, this program, see TestMain.
func javaHome(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "windows" {
		home := t.TempDir()
		must(t, os.Mkdir(filepath.Join(home, "bin"), 0o755))
		must(t, os.WriteFile(filepath.Join(home, "bin", "java"), []byte("#!/bin/sh\necho '"+testJava+"' >&2\n"), 0o755))
		return home
	}
	// A run that is killed while it asks for the version leaves this running, under
	// wine for good at times, and what runs cannot be removed there: t.TempDir
	// would take that for a failure.
	home, err := os.MkdirTemp("", "jdk")
	must(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Logf("left behind: %v", err)
		}
	})
	program, err := os.Executable()
	must(t, err)
	content, err := os.ReadFile(program)
	must(t, err)
	must(t, os.Mkdir(filepath.Join(home, "bin"), 0o755))
	must(t, os.WriteFile(filepath.Join(home, "bin", "java.exe"), content, 0o755))
	return home
}

func newWorld(t *testing.T, users int) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.source = openidmtest.NewSource(t, openidmtest.Options{Users: users, Roles: 3, Links: 7, Connector: true, CommonName: testHost})
	idc21 := filepath.Join(w.dir, "idc21", "salesforceIdConnect")
	security := filepath.Join(idc21, "security")
	must(t, os.MkdirAll(security, 0o755))
	must(t, w.source.WriteStores(security))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := free.Addr().String()
	must(t, free.Close())
	_, port, _ := net.SplitHostPort(addr)
	boot := "openidm.keystore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0\nopenidm.truststore.password=changeit\n"
	must(t, os.MkdirAll(filepath.Join(idc21, "conf", "boot"), 0o755))
	must(t, os.WriteFile(filepath.Join(idc21, "conf", "boot", "boot.properties"), []byte(boot), 0o644))
	writePackage(t, filepath.Join(w.dir, "package.zip"), map[string]string{
		"setup.sh": testSetup, "setup.bat": testSetupBatch, "conf/boot/boot.properties": boot, "security/README": "stores",
	})
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	w.u = &idconnect.Upgrade{
		SourceDir: idc21, TargetDir: filepath.Join(w.dir, "idc716", "salesforceIdConnect"), Package: filepath.Join(w.dir, "package.zip"),
		Source:      idconnect.Server{URL: w.source.URL(), Credentials: admin},
		Target:      idconnect.Server{URL: "https://localhost:" + port + "/openidm/", Credentials: admin},
		InstanceURL: fmt.Sprintf("https://%s:%d/openidm/", testHost, w.source.Port()),
		JavaHome:    javaHome(t), SettleTime: 300 * time.Millisecond,
		Checks: preflight.Options{InstanceAddress: "127.0.0.1"},
	}
	w.u.Hurry(testHurry)
	// The server starts when the script was answered, with the stores that
	// are in the folder then.
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(w.u.TargetDir, "started")); err == nil {
				w.startTarget(t, addr)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if w.target != nil {
			w.target.Close()
		}
	})
	return w
}

// disturb gives the target a fault, before it is started.
func (w *world) disturb(f openidmtest.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, f)
}

func (w *world) startTarget(t *testing.T, addr string) {
	w.mu.Lock()
	faults := w.faults
	w.mu.Unlock()
	security := filepath.Join(w.u.TargetDir, "security")
	s, err := openidmtest.Start(openidmtest.Options{
		Role: openidmtest.Target, Addr: addr, Hosts: map[string]string{testHost: "127.0.0.1"}, Faults: faults,
		Keystore: filepath.Join(security, "keystore.jceks"), Truststore: filepath.Join(security, "truststore"),
	})
	if err != nil {
		t.Errorf("starting the target: %v", err)
		return
	}
	w.mu.Lock()
	w.target = s
	w.mu.Unlock()
}

func (w *world) migrateRequests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	if w.target != nil {
		for _, r := range w.target.Requests() {
			if r.Action == "migrate" {
				n++
			}
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writePackage(t *testing.T, path string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		h := &zip.FileHeader{Name: "salesforceIdConnect/" + name, Method: zip.Deflate}
		h.SetMode(0o755)
		f, err := z.CreateHeader(h)
		must(t, err)
		_, err = f.Write([]byte(content))
		must(t, err)
	}
	must(t, z.Close())
	must(t, os.WriteFile(path, b.Bytes(), 0o644))
}

// tree is every file below a folder with its mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = info.Mode().String() + " " + string(b)
		return err
	}))
	return out
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	before := tree(t, w.u.SourceDir)
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if plan.Blocked() || len(plan.Steps) != 8 {
		t.Fatalf("%+v", plan)
	}
	if _, err := os.Stat(w.u.TargetDir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the plan made the target's folder")
	}
	rep, err := w.u.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rep.Outcome != "done" || rep.Verify == nil || !rep.Verify.Same() {
		t.Errorf("%+v", rep)
	}
	// Again: everything but the comparison is done.
	rep, err = w.u.Run(t.Context())
	must(t, err)
	if n := w.migrateRequests(); n != 1 {
		t.Errorf("the target received migrate %d times", n)
	}
	if d := cmp.Diff(before, tree(t, w.u.SourceDir)); d != "" {
		t.Errorf("the source was changed:\n%s", d)
	}
	for _, r := range w.source.Requests() {
		if r.Method != "GET" {
			t.Errorf("the source received %s %s", r.Method, r.Path)
		}
	}
	dir := filepath.Join(w.dir, "report")
	must(t, rep.Save(dir))
	for path, text := range tree(t, filepath.Dir(w.u.TargetDir)) {
		if strings.HasSuffix(path, "journal.json") && strings.Contains(text, "changeit") {
			t.Errorf("a password is in %s", path)
		}
	}
	for path, text := range tree(t, dir) {
		if strings.Contains(text, "changeit") || strings.Contains(text, "Passw0rd") {
			t.Errorf("a password is in %s", path)
		}
	}
	var back report.Report
	j, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	if err := json.Unmarshal(j, &back); err != nil || back.Outcome != "done" || len(back.Steps) != 8 {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestUpgradeFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*testing.T, *world)
		code    string // of the finding that blocks
		step    string // that fails
		is      error
		missing int64
	}{
		"name of the certificate": {
			change: func(_ *testing.T, w *world) { w.u.InstanceURL = w.source.URL() },
			code:   "SOURCE-CERT-NAME",
		},
		"wrong password of the source": {
			change: func(_ *testing.T, w *world) { w.u.Source.Credentials.Password = keystore.NewPassword("hush-hush") },
			code:   "SOURCE-PASSWORD",
		},
		"source down": {
			change: func(_ *testing.T, w *world) { w.source.Close() },
			code:   "SOURCE-UNREACHABLE",
		},
		"wrong password of the keystore": {
			change: func(_ *testing.T, w *world) { w.u.KeystorePassword = keystore.NewPassword("hush-hush") },
			code:   "STORE-PASSWORD",
		},
		"keystore missing": {
			change: func(t *testing.T, w *world) {
				must(t, os.Remove(filepath.Join(w.u.SourceDir, "security", "keystore.jceks")))
			},
			code: "STORE-MISSING",
		},
		"keystore of another server": {
			change: func(t *testing.T, w *world) {
				other := openidmtest.NewSource(t, openidmtest.Options{})
				must(t, other.WriteStores(filepath.Join(w.u.SourceDir, "security")))
				w.u.Source.HTTPClient = w.source.HTTPClient()
			},
			code: "VALUE-DOES-NOT-OPEN",
		},
		"package cut off": {
			change: func(t *testing.T, w *world) { must(t, os.Truncate(w.u.Package, 200)) },
			code:   "PACKAGE-CORRUPT",
		},
		"something in the target's folder": {
			change: func(t *testing.T, w *world) {
				must(t, os.MkdirAll(w.u.TargetDir, 0o755))
				must(t, os.WriteFile(filepath.Join(w.u.TargetDir, "thesis.txt"), nil, 0o644))
			},
			code: "TARGET-FOLDER",
		},
		"no Java": {
			change: func(t *testing.T, w *world) { must(t, os.RemoveAll(w.u.JavaHome)) },
			code:   "JAVA-MISSING",
		},
		"target is source": {
			change: func(_ *testing.T, w *world) { w.u.Target.URL = w.u.Source.URL },
			code:   "TARGET-IS-SOURCE",
		},
		"records lost": {
			change: func(_ *testing.T, w *world) {
				w.disturb(openidmtest.Fault{Action: "migrate", LoseRecords: 3})
			},
			step: idconnect.StepVerify, is: idconnect.ErrDifferences, missing: 3,
		},
		"records failed": {
			change: func(_ *testing.T, w *world) {
				w.disturb(openidmtest.Fault{Action: "migrate", FailRecords: 2})
			},
			step: idconnect.StepMigrate,
		},
		"the answer to migrate is lost": {
			change: func(_ *testing.T, w *world) {
				w.disturb(openidmtest.Fault{Action: "migrate", Times: 1, Effect: openidmtest.LoseAnswer})
			},
		},
		"the answer to configure is lost": {
			change: func(_ *testing.T, w *world) {
				w.disturb(openidmtest.Fault{Action: "configure", Times: 1, Effect: openidmtest.LoseAnswer})
			},
		},
		"the target restarts while it is asked": {
			change: func(_ *testing.T, w *world) {
				w.disturb(openidmtest.Fault{Action: "status", After: 3, Times: 1, Effect: openidmtest.Reset})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 120)
			c.change(t, w)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			report, err := w.u.Run(ctx)
			if strings.Contains(fmt.Sprint(err, report), "hush-hush") {
				t.Error("a password is in the error")
			}
			if c.code != "" {
				if !errors.Is(err, preflight.ErrBlocked) || !report.Findings.Blocking().Has(c.code) {
					t.Fatalf("%v, %v", err, report.Findings)
				}
				for _, f := range report.Findings.Blocking() {
					if f.Remedy == "" {
						t.Errorf("no remedy: %v", f)
					}
				}
				if _, err := os.Stat(filepath.Join(w.u.TargetDir, "setup.sh")); err == nil {
					t.Error("something was changed")
				}
				return
			}
			var failed *idconnect.StepError
			switch {
			case c.step == "" && err != nil:
				t.Fatal(err)
			case c.step != "" && (!errors.As(err, &failed) || failed.Step != c.step):
				t.Fatalf("%v", err)
			case c.is != nil && !errors.Is(err, c.is):
				t.Fatalf("%v", err)
			}
			if c.missing > 0 && report.Verify.Collections[0].MissingCount != c.missing {
				t.Errorf("%+v", report.Verify.Collections[0])
			}
			if n := w.migrateRequests(); n != 1 {
				t.Errorf("the target received migrate %d times", n)
			}
		})
	}
}

func TestTargetStartedTooEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	must(t, os.MkdirAll(filepath.Join(w.u.TargetDir, "security"), 0o755))
	own := openidmtest.NewTarget(t, openidmtest.Options{})
	must(t, own.WriteStores(filepath.Join(w.u.TargetDir, "security")))
	w.u.Target.URL = own.URL()
	before := tree(t, w.u.TargetDir)
	report, err := w.u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) || !report.Findings.Blocking().Has("TARGET-STARTED-TOO-EARLY") ||
		!report.Findings.Blocking().Has("SOURCE-CERT-UNTRUSTED") {
		t.Errorf("%v, %v", err, report.Findings)
	}
	if d := cmp.Diff(before, tree(t, w.u.TargetDir)); d != "" {
		t.Error(d)
	}
}

// TestInterrupted: a run that is cancelled goes on, and migrates once.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 200)
	for _, stopAt := range idconnect.StepNames()[1:] {
		ctx, cancel := context.WithCancel(t.Context())
		w.u.Events = func(e idconnect.Event) {
			if e.Step == stopAt && e.State == report.Running {
				cancel()
			}
		}
		report, err := w.u.Run(ctx)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %s: %v", stopAt, err)
		}
		if err != nil && report.Outcome != "interrupted" {
			t.Errorf("stopped at %s: %s", stopAt, report.Outcome)
		}
		cancel()
	}
	w.u.Events = nil
	report, err := w.u.Run(t.Context())
	must(t, err)
	if report.Outcome != "done" || w.migrateRequests() != 1 {
		t.Errorf("%s, migrate %d times", report.Outcome, w.migrateRequests())
	}
}

func TestRemedies(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		preflight.ErrBlocked, idconnect.ErrDifferences, context.Canceled, context.DeadlineExceeded, openidm.ErrUnauthorized,
		openidm.ErrUnavailable, &migration.UnknownOutcomeError{Action: "migrate"}, &migration.UnknownStateError{},
		&migration.FailedError{Action: "configure"}, &idconnect.LockedError{}, &idconnect.SetupDoneError{},
	} {
		if idconnect.RemedyOf(&idconnect.StepError{Step: "x", Err: err}) == "" {
			t.Errorf("%v: no remedy", err)
		}
	}
}

// TestTruststoreConflict: merged instead of copied, the target keeps what it
// has and trusts the source.
func TestTruststoreConflict(t *testing.T) {
	t.Parallel()
	for policy, wins := range map[keystore.Policy]string{keystore.Keep: "target", keystore.Replace: "source", keystore.Error: ""} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5)
			password := keystore.NewPassword("changeit")
			certificate := func(name string) *openidmtest.Server {
				return openidmtest.NewSource(t, openidmtest.Options{CommonName: name})
			}
			put := func(path string, s *keystore.Store, name string) {
				must(t, s.PutCertificate("shared", certificate(name).Certificate(), keystore.PutOptions{}))
				must(t, keystore.WriteFile(path, s, password))
			}
			from := filepath.Join(w.u.SourceDir, "security", "truststore")
			s, err := keystore.Open(from, password)
			must(t, err)
			put(from, s, "source")
			w.u.Steps = []string{idconnect.StepUnpack}
			_, err = w.u.Run(t.Context())
			must(t, err)
			to := filepath.Join(w.u.TargetDir, "security", "truststore")
			put(to, keystore.New(keystore.JKS), "target")
			w.u.Steps, w.u.TruststoreConflict = []string{idconnect.StepStores}, policy
			_, err = w.u.Run(t.Context())
			if wins == "" {
				if !errors.Is(err, keystore.ErrConflict) {
					t.Errorf("%v", err)
				}
				return
			}
			must(t, err)
			s, err = keystore.Open(to, password)
			must(t, err)
			e, _ := s.Entry("shared")
			if chain, err := e.Certificates(); err != nil || chain[0].Subject.CommonName != wins {
				t.Errorf("%v, %v", chain, err)
			}
			if err := jvmtrust.New(s).Verify(testHost, []*x509.Certificate{w.source.Certificate()}); err != nil {
				t.Errorf("the source is not trusted: %v", err)
			}
		})
	}
}
