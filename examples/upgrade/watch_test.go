package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestWatch: status -watch on servers: lines, lines of JSON, and exit codes.
func TestWatch(t *testing.T) {
	t.Parallel()
	target := openidmtest.NewTarget(t, openidmtest.Options{})
	dir := t.TempDir()
	if err := target.WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	says := func(bodies ...string) {
		target.ClearFaults()
		for _, body := range bodies {
			target.Fail(openidmtest.Fault{
				Action: "status", Times: 1, Status: 200,
				Header: http.Header{"Content-Type": {"application/json"}}, Body: body,
			})
		}
	}
	watch := func(more ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		a := &app{out: &o, err: &e, tty: noTerminal{}, env: func(name string) string {
			if name == "IDC_TARGET_PASSWORD" {
				return "openidm-admin"
			}
			return ""
		}}
		args := []string{"status", "-watch", "-interval", "10ms", "-target-url", target.URL, "-target-truststore",
			filepath.Join(dir, "truststore"), "-report", t.TempDir()}
		code = a.run(t.Context(), append(args, more...))
		return code, o.String(), e.String()
	}
	const half = `{"status":"running","processed":50,"total":100}`
	const whole = `{"status":"complete","processed":100,"total":100}`
	says(half, half, whole)
	if code, out, errs := watch(); code != exitDone || strings.ContainsAny(out, "\r\x1b") ||
		!strings.Contains(out, "migrate: running, 50 of 100 records (50%)\n") ||
		!strings.Contains(out, "migrate: complete, 100 of 100 records (100%), ") ||
		!strings.HasSuffix(out, " records/s\n") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	says(half, half, whole)
	code, out, _ := watch("-json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last idconnect.Watched
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != exitDone ||
		last.Phase != migration.PhaseComplete {
		t.Errorf("exit %d, %v, %q", code, err, out)
	}
	says(half, half, `{"status":"failed","message":"disk full"}`)
	if code, out, errs := watch(); code != exitFailed || !strings.Contains(errs, "disk full") ||
		strings.Count(out+errs, "disk full") != 1 {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	says()
	if code, _, errs := watch(); code != exitFailed || !strings.Contains(errs, "no migration is under way") ||
		!strings.Contains(errs, "hint:") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if code, _, errs := watch("-interval", "0s"); code != exitUsage {
		t.Errorf("exit %d, %q", code, errs)
	}
}
