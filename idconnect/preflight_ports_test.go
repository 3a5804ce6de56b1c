package idconnect_test

import (
	"net"
	"net/url"
	"runtime"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
)

// TestPortsAfterKilledSetup: a set-up that was cut off may have left a server
// that begins to listen between the look at the server and that at its ports.
// The other host stands for that moment: only the second look sees it.
func TestPortsAfterKilledSetup(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has no second loopback address") // not a tool: nothing to install
	}
	w := newWorld(t, 5)
	target, err := url.Parse(w.u.Target.URL)
	must(t, err)
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.2", target.Port()))
	must(t, err)
	defer listener.Close()

	w.u.Checks.PortHost = "127.0.0.2"
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if !plan.Findings.Has("TARGET-PORT-IN-USE") {
		t.Fatalf("another program's port is not found: %+v", plan.Findings)
	}

	w.u.Checks.PortHost = ""
	s := w.u.Stream(t.Context())
	for e := range s.Events() {
		if e.Kind == idconnect.EventOutput {
			break
		}
	}
	if report, err := s.Result(); err == nil || report.Outcome != "interrupted" {
		t.Fatalf("%v, %+v", err, report)
	}
	w.u.Checks.PortHost = "127.0.0.2"
	if plan, err = w.u.Plan(t.Context()); err != nil || plan.Findings.Has("TARGET-PORT-IN-USE") {
		t.Errorf("%v, %+v", err, plan.Findings)
	}
}
