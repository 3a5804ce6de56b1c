package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestMain keeps what runs leave for their user in a folder of the tests.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_STATE_HOME", dir)
	await.Beside(8)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// fixture is one installation with both servers: the target has been set up
// and is empty.
type fixture struct {
	source, target *openidmtest.Server
	migrations     func() int
	site           siteconfig.Config
	dir            string
	out            bytes.Buffer
	tolerate       string
	interrupt      func() // unless nil, called when the program prints "hamburg: migrate"
}

const password = "Passw0rd-of-the-fixture"

// elsewhere are the warnings on a machine with neither the real servers nor their
// names, whose folders may be open to all, as wine's are.
const elsewhere = "TARGET-VERSION,INSTANCE-URL-UNRESOLVED,PASSWORD-FILE"

func newFixture(t *testing.T) *fixture {
	t.Helper()
	installed := idconnecttest.NewSite(t, idconnecttest.Options{
		Source:  openidmtest.Options{Users: 50, Roles: 2, Links: 50, AdminPassword: password},
		Target:  openidmtest.Options{PageSize: 5, Pace: 30 * time.Millisecond}, // slow enough to interrupt
		IsSetUp: true,
	})
	f := &fixture{source: installed.Source(), target: installed.Target(), migrations: installed.Migrations,
		dir: installed.Dir, tolerate: elsewhere}
	file := filepath.Join(f.dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	u, secret := installed.Upgrade, &siteconfig.Secret{File: "password"}
	f.site = siteconfig.Config{
		ID:          "hamburg",
		Source:      siteconfig.Server{Dir: u.SourceDir, URL: u.Source.URL, Password: secret},
		Target:      siteconfig.Server{Dir: u.TargetDir, URL: u.Target.URL, Password: secret},
		InstanceURL: u.InstanceURL, Steps: u.Steps, Accept: u.Verify.Accept,
	}
	return f
}

// Write receives the output of the program.
func (f *fixture) Write(b []byte) (int, error) {
	if f.interrupt != nil && strings.Contains(string(b), ": migrate") {
		f.interrupt()
	}
	return f.out.Write(b)
}

// run runs the program on the site.
func (f *fixture) run(ctx context.Context, t *testing.T) (code int) {
	t.Helper()
	list, err := json.Marshal([]siteconfig.Config{f.site}) // JSON is YAML, too
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "sites.yaml"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	f.out.Reset()
	args := []string{"-tolerate", f.tolerate, "-log", filepath.Join(f.dir, "log"), filepath.Join(f.dir, "sites.yaml")}
	code = command(ctx, args, f, f)
	log, err := os.ReadFile(filepath.Join(f.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(f.out.String()+string(log), password) {
		t.Errorf("the password is shown")
	}
	return code
}

func TestDone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if code := f.run(t.Context(), t); code != 0 || f.target.Count("managed/user") != 50 {
		t.Fatalf("exit code %d, %d users\n%s", code, f.target.Count("managed/user"), &f.out)
	}
	for _, line := range []string{"hamburg: migrate done\n", "hamburg: verify done\n", "hamburg  done"} {
		if !strings.Contains(f.out.String(), line) {
			t.Errorf("no line %q in\n%s", line, &f.out)
		}
	}
	if code := f.run(t.Context(), t); code != 0 || f.migrations() != 1 {
		t.Errorf("again: exit code %d, migrate %d times", code, f.migrations())
	}
}

// Blocking findings, and warnings that are not tolerated, end the program before
// anything is changed.
func TestFindings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*fixture)
		want  string
	}{
		"the certificate has another name": {
			func(f *fixture) { f.site.InstanceURL = f.source.URL },
			"blocked: SOURCE-CERT-NAME",
		},
		"the password is wrong": {
			func(f *fixture) {
				f.site.Source.Password = &siteconfig.Secret{File: "wrong"}
				os.WriteFile(filepath.Join(f.dir, "wrong"), []byte("not this one"), 0o600)
			},
			"blocked: SOURCE-PASSWORD",
		},
		"a warning": {
			func(f *fixture) {
				file, err := os.OpenFile(f.site.Source.Dir+"/security/truststore", os.O_APPEND|os.O_WRONLY, 0)
				if err == nil {
					file.WriteString("more")
					file.Close()
				}
			},
			"not tolerated: STORE-ODD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c.spoil(f)
			if code := f.run(t.Context(), t); code != 1 || !strings.Contains(f.out.String(), "hamburg: "+c.want+"\n") {
				t.Errorf("exit code %d\n%s", code, &f.out)
			}
			if f.migrations() > 0 || f.target.Count("managed/user") > 0 {
				t.Error("something was changed")
			}
		})
	}
}

// A migration that reports success but has lost a record is not done.
func TestLostRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.target.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 1})
	code := f.run(t.Context(), t)
	lost := ""
	arrived := maps.Collect(f.target.Records("managed/user"))
	for id := range f.source.Records("managed/user") {
		if arrived[id] == nil {
			lost = id
		}
	}
	if code != 1 || !strings.Contains(f.out.String(), "hamburg: 1 users missing\n") ||
		!strings.Contains(f.out.String(), "look for "+lost+" in") {
		t.Errorf("exit code %d, %s was lost\n%s", code, lost, &f.out)
	}
}

// A run that is interrupted during the migration resumes, and migrates once.
func TestResumed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, interrupt := context.WithCancel(t.Context())
	f.interrupt = interrupt
	if code := f.run(ctx, t); code != 1 || !strings.Contains(f.out.String(), "hamburg: interrupted\n") ||
		f.migrations() != 1 {
		t.Fatalf("exit code %d, migrate %d times\n%s", code, f.migrations(), &f.out)
	}
	if code := f.run(t.Context(), t); code != 0 || f.migrations() != 1 || f.target.Count("managed/user") != 50 {
		t.Errorf("again: exit code %d, migrate %d times\n%s", code, f.migrations(), &f.out)
	}
}

// Mistakes in the list end the program before anything is begun.
func TestMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := "- id: one\n  source: {url: 'https://a/openidm/', pasword: hush-hush}\n- id: two\n  steps: [fly]\n"
	path := filepath.Join(dir, "sites.yaml")
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := command(t.Context(), []string{path}, &out, &out)
	for _, line := range []string{
		":2:39: [0].source.pasword: unknown key, did you mean password?\n",
		":4:11: [1].steps[0]: unknown value fly",
	} {
		if code != 2 || !strings.Contains(out.String(), path+line) {
			t.Errorf("exit code %d, no %q in\n%s", code, line, &out)
		}
	}
}
