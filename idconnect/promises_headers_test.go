package idconnect_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var openidmHeader = regexp.MustCompile(`(?im)^(x-openidm-[a-z]+): `)

// spelled reads the bytes of every request to the source below TLS, of which one
// is sent again and another is redirected to somebody else.
func spelled(t *testing.T) {
	w := newWorld(t, 2)
	w.source.Fail(openidmtest.Fault{Method: "GET", Path: "managed/user", Status: 503, Times: 1})
	elsewhere := 0
	other := raw(t, certificateOf(t, w.source), func(net.Conn) { elsewhere++ })
	w.source.Fail(openidmtest.Fault{Path: "audit/access", Status: 307, Header: http.Header{"Location": {other}}})
	var sent said
	cert := certificateOf(t, w.source)
	config := jvmtrust.New().TLSConfig("localhost", cert.Leaf)
	w.u.Source.URL = raw(t, cert, func(c net.Conn) {
		up, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", w.source.Port()), config)
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer up.Close()
			io.Copy(up, io.TeeReader(c, &sent))
		}()
		io.Copy(c, up)
	})
	_, err := w.u.Run(t.Context())
	must(t, err)
	sent.mu.Lock()
	defer sent.mu.Unlock()
	count := map[string]int{}
	for _, m := range openidmHeader.FindAllStringSubmatch(sent.b.String(), -1) {
		count[m[1]]++
	}
	names := map[string]bool{"X-OpenIDM-Username": true, "X-OpenIDM-Password": true, "X-OpenIDM-NoSession": true}
	for name, n := range count {
		if !names[name] || n < 20 || n != count["X-OpenIDM-Password"] {
			t.Errorf("%s: %d times", name, n)
		}
	}
	if len(count) != len(names) || elsewhere > 0 {
		t.Errorf("%v, %d connections to the other server", count, elsewhere)
	}
}

const auditEntry = `{"http":{"request":{"headers":{"X-Openidm-Password":[%q]}}},"userId":"openidm-admin"}` + "\n"

// auditFile lets the target's request leave the password there in mid-run.
func auditFile(t *testing.T) {
	w := newWorld(t, 2)
	path := filepath.Join(w.u.SourceDir, "audit", "access.audit.json")
	var before map[string]string
	var out said
	w.u.Events = func(e idconnect.Event) {
		out.value(e)
		if e.Step == idconnect.StepConfigure && e.State == report.Running {
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.WriteFile(path, fmt.Appendf(nil, auditEntry, "s3cret-Passw0rd"), 0o600))
			before = tree(t, w.u.SourceDir)
		}
	}
	rep, err := w.u.Run(t.Context())
	must(t, err)
	if d := cmp.Diff(before, tree(t, w.u.SourceDir)); d != "" {
		t.Errorf("the source was changed:\n%s", d)
	}
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	for _, found := range []preflight.Findings{rep.Findings, plan.Findings} {
		wantAudit(t, found, path)
	}
	if out.value(plan); strings.Contains(out.b.String(), "Passw0rd") {
		t.Error("the password was shown")
	}
}

// auditREST asks the server, which has the password as Basic authentication.
func auditREST(t *testing.T) {
	l := newLeaky(t)
	basic := formsOf(sourceSecret)["base64 of user:password"]
	l.source.Fail(at("audit/access", answer(200, fmt.Sprintf(`{"result":[{"_id":"1","http":{"request":{"headers":`+
		`{"Authorization":["Basic %s"]}}}}],"resultCount":1,"pagedResultsCookie":null}`, basic))))
	rep, err := l.u.Run(t.Context())
	must(t, err)
	wantAudit(t, rep.Findings, "audit/access of "+l.u.Source.URL)
	if l.out.value(rep); strings.Contains(l.out.b.String(), basic) {
		t.Error("the password was shown")
	}
}

func wantAudit(t *testing.T, found preflight.Findings, where string) {
	t.Helper()
	for _, f := range found {
		if f.Code == preflight.Codes.SourceAuditPassword.Code && strings.Contains(f.Seen, "1 entry in "+where) &&
			f.Severity == preflight.Warns && f.Remedy != "" {
			return
		}
	}
	t.Errorf("not reported: %v", found)
}
