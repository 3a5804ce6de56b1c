package idconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
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

var promisesServers = []promise{
	{"a pause that a server asks for is kept within the check's deadline", pauseKept},
	{"a server that asks for more is busy, not unreachable", busyFinding(http.StatusServiceUnavailable)},
	{"and so is one that counts the requests (429)", busyFinding(http.StatusTooManyRequests)},
	{"a server that checks its host name (SNI) has a finding with the way out", hostRefused},
	{"one address is dialled under another name, in every step", dialledUnderAnotherName},
	{"one address under two names is one server", oneAddressTwoNames},
	{"an address without its path is asked, and the path named", pathMissing},
	{"a status without folders says which is not named", statusWithoutFolders},
	{"clients that were not made are errors that name what is missing", nilClients},
	{"configure takes no address that is not OpenIDM's", configureRefuses},
}

func pauseKept(t *testing.T) {
	fault := busy(http.StatusServiceUnavailable)
	fault.Header, fault.Path, fault.Times = http.Header{"Retry-After": {"1"}}, "info/ping", 1
	synctest.Test(t, func(t *testing.T) {
		source, target := upgradePair(t, openidmtest.Options{InMemory: true, Faults: []openidmtest.Fault{fault}},
			openidmtest.Options{InMemory: true})
		u := upgradeOf(t, source, target, idconnect.StepVerify)
		began := time.Now()
		plan, err := u.Plan(t.Context())
		must(t, err)
		if plan.Source.State != "ready" || len(plan.Findings.Blocking()) > 0 {
			t.Errorf("%s, %v", plan.Source.State, plan.Findings)
		}
		if took := time.Since(began); took < time.Second {
			t.Errorf("the pause was not kept: %v", took)
		}
	})
}

func busyFinding(status int) func(*testing.T) {
	return func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { hasBusyFinding(t, at("info/ping", busy(status))) })
	}
}

func hasBusyFinding(t *testing.T, fault openidmtest.Fault) {
	options := openidmtest.Options{InMemory: true, Faults: []openidmtest.Fault{fault}}
	source, target := upgradePair(t, options, options)
	u := upgradeOf(t, source, target, idconnect.StepVerify)
	u.Checks.Timeout = 5 * time.Second
	began := time.Now()
	plan, err := u.Plan(t.Context())
	must(t, err)
	for _, f := range plan.Findings.Blocking() {
		if !strings.HasSuffix(f.Code, "-BUSY") || !strings.Contains(f.Seen, "10s") || f.Remedy == "" {
			t.Errorf("%v", f)
		}
	}
	if n := len(plan.Findings.Blocking()); n != 2 || plan.Source.State != "busy" {
		t.Errorf("%d findings, the source is %s", n, plan.Source.State)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("a pause that cannot end in time was waited for: %v", took)
	}
}

// namedPair are servers that answer only under the name of their certificate,
// which after the copy is the source's on both.
func namedPair(t *testing.T) (u *idconnect.Upgrade, source, target *openidmtest.Server) {
	t.Helper()
	source, target = upgradePair(t, openidmtest.Options{Users: 9, SNICheck: true}, openidmtest.Options{SNICheck: true,
		Hosts: map[string]string{testHost: "127.0.0.1"}})
	u = upgradeOf(t, source, target, idconnect.StepConfigure, idconnect.StepMigrate, idconnect.StepVerify)
	u.Source.HTTPClient, u.Target.HTTPClient = nil, nil
	u.SourceDir, u.TargetDir = folderOf(t, source), folderOf(t, target)
	u.Checks.InstanceAddress = "127.0.0.1"
	u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, source.Port())
	return u, source, target
}

// folderOf is an installation with the stores of a server.
func folderOf(t *testing.T, s *openidmtest.Server) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "security"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "conf", "boot"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "conf", "boot", "boot.properties"), []byte(testBoot), 0o644))
	must(t, s.WriteStores(filepath.Join(dir, "security")))
	return dir
}

func hostRefused(t *testing.T) {
	u, source, target := namedPair(t)
	plan, err := u.Plan(t.Context())
	must(t, err)
	for code, port := range map[string]int{"SOURCE-INVALID-SNI": source.Port(), "TARGET-INVALID-SNI": target.Port()} {
		i := slices.IndexFunc(plan.Findings, func(f preflight.Finding) bool { return f.Code == code })
		if i < 0 {
			t.Errorf("no %s in %v", code, plan.Findings)
			continue
		}
		for _, part := range []string{fmt.Sprintf(".URL https://%s:%d/openidm/", testHost, port),
			fmt.Sprintf(".Address localhost:%d", port)} {
			if !strings.Contains(plan.Findings[i].Remedy, part) {
				t.Errorf("%s: %q is not in the remedy: %s", code, part, plan.Findings[i].Remedy)
			}
		}
	}
}

func dialledUnderAnotherName(t *testing.T) {
	u, source, target := namedPair(t)
	for _, s := range []struct {
		into *idconnect.Server
		of   *openidmtest.Server
	}{{&u.Source, source}, {&u.Target, target}} {
		s.into.URL = fmt.Sprintf("https://%s:%d/openidm/", testHost, s.of.Port())
		s.into.Address = fmt.Sprintf("127.0.0.1:%d", s.of.Port())
	}
	u.Verify.Accept = append(acceptance.Codes(), "VALUES-USERS") // the source's keystore is not at hand
	r, err := u.Run(t.Context())
	if err != nil || r.Outcome != "done" || !r.Verify.Same() {
		t.Fatalf("%+v, %v", r, err)
	}
	if target.Count("managed/user") != 9 {
		t.Errorf("%d users", target.Count("managed/user"))
	}
}

func oneAddressTwoNames(t *testing.T) {
	u, source, _ := namedPair(t)
	u.Steps = []string{idconnect.StepVerify}
	u.Source.URL = fmt.Sprintf("https://%s:%d/openidm/", testHost, source.Port())
	u.Source.Address = fmt.Sprintf("localhost:%d", source.Port())
	u.Target.URL = fmt.Sprintf("https://idc716.example.com:%d/openidm/", source.Port())
	u.Target.Address = fmt.Sprintf("[::1]:%d", source.Port())
	if _, err := u.Compare(t.Context()); !errors.Is(err, verify.ErrSameServer) {
		t.Errorf("verify: %v", err)
	}
	plan, err := u.Plan(t.Context())
	must(t, err)
	if !slices.ContainsFunc(plan.Findings, func(f preflight.Finding) bool { return f.Code == "TARGET-IS-SOURCE" }) {
		t.Errorf("run: %v", plan.Findings)
	}
}

func pathMissing(t *testing.T) {
	source, target := upgradePair(t, openidmtest.Options{}, openidmtest.Options{})
	u := upgradeOf(t, source, target, idconnect.StepVerify)
	u.Source.URL = strings.TrimSuffix(source.URL, "/openidm/")
	u.Target.URL = strings.Replace(target.URL, "/openidm/", "/admin/", 1)
	plan, err := u.Plan(t.Context())
	must(t, err)
	for code, right := range map[string]string{
		"SOURCE-ADDRESS-PATH": source.URL, "TARGET-ADDRESS-PATH": target.URL,
	} {
		if !slices.ContainsFunc(plan.Findings, func(f preflight.Finding) bool {
			return f.Code == code && strings.Contains(f.Remedy, right)
		}) {
			t.Errorf("no %s with %s in %v", code, right, plan.Findings)
		}
	}
	for _, f := range plan.Findings {
		if strings.HasSuffix(f.Code, "NOT-OPENIDM") {
			t.Errorf("%v", f)
		}
	}
}

func statusWithoutFolders(t *testing.T) {
	source, target := upgradePair(t, openidmtest.Options{}, openidmtest.Options{})
	u := upgradeOf(t, source, target)
	plan, err := u.Status(t.Context())
	must(t, err)
	for _, s := range plan.Steps {
		named := map[string]string{idconnect.StepUnpack: "Upgrade.Package",
			idconnect.StepStores: "Upgrade.SourceDir"}[s.Name]
		if !strings.Contains(s.Detail, named) || strings.Contains(s.Detail, "stat ") ||
			named != "" && s.State != report.ToDo {
			t.Errorf("%s is %s: %q", s.Name, s.State, s.Detail)
		}
	}
	for _, f := range plan.Findings {
		if f.Code == "PACKAGE-MISSING" || f.Code == "SOURCE-FOLDER" {
			t.Errorf("%v", f)
		}
	}
}

func nilClients(t *testing.T) {
	s := adminOf(openidmtest.NewSource(t, openidmtest.Options{}))
	zero := &openidm.Client{}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"the client of the source is nil": func() error {
			_, err := idconnect.Verify(ctx, nil, nil, idconnect.VerifyOptions{})
			return err
		},
		"the client of the target is nil": func() error {
			_, err := verify.Run(ctx, s, nil, verify.Options{})
			return err
		},
		"source or target is nil": func() error {
			_, err := verify.Compare(ctx, nil, nil, verify.Collection{}, verify.Options{})
			return err
		},
		"BaseURL is empty": func() error { _, err := verify.Run(ctx, s, zero, verify.Options{}); return err },
		"the report is nil": func() error {
			return acceptance.Run(ctx, s, s, acceptance.Options{}, verify.Options{}, nil)
		},
		"client of the source": func() error {
			return acceptance.Run(ctx, nil, s, acceptance.Options{}, verify.Options{}, &verify.Report{})
		},
		"API is nil": func() error { _, err := (&migration.Client{}).Status(ctx); return err },
		"migration client is nil": func() error {
			_, err := (*migration.Client)(nil).Wait(ctx, migration.PhaseComplete, nil)
			return err
		},
		"OpenIDM client is nil": func() error { _, err := (*openidm.Client)(nil).Ping(ctx); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func configureRefuses(t *testing.T) {
	_, target := upgradePair(t, openidmtest.Options{}, openidmtest.Options{})
	m := &migration.Client{API: adminOf(target)}
	for address, why := range map[string]string{
		"https://idc21.example.com:8443/":                  "path",
		"https://u:hush@idc21.example.com:8443/openidm/":   "user name",
		"https://idc21.example.com:8443/openidm/?q=hush":   "query",
		"https://idc21.example.com:8443/openidm/#fragment": "fragment",
	} {
		_, err := m.Configure(context.Background(), migration.Source{InstanceURL: address, Username: "openidm-admin",
			Password: keystore.NewPassword("openidm-admin")})
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, r := range target.Requests() {
		t.Errorf("%s %s was sent", r.Method, r.Path)
	}
}
