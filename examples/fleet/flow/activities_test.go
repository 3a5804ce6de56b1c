package flow

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/idconnect-go/upgrade/examples/fleet/allow"
	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const hush = "hush-hush-hush"

// TestFaults: what an error becomes, whether it is tried again, and that no
// word of a server gets through.
func TestFaults(t *testing.T) {
	said := errors.New("the server said " + hush)
	blocking := func(codes ...string) (out preflight.Findings) {
		for _, c := range codes {
			out = append(out, preflight.Finding{Code: c, Severity: preflight.Blocks, Step: "prepare", Seen: hush})
		}
		return out
	}
	for name, c := range map[string]struct {
		err      error
		findings preflight.Findings
		kind     string
		final    bool
	}{
		"lost answer": {fmt.Errorf("a: %w", &migration.UnknownOutcomeError{Action: "migrate", Err: said}), nil,
			FaultUnknown, true},
		"lock":            {&idconnect.LockedError{}, nil, FaultLocked, false},
		"lock as finding": {preflight.ErrBlocked, blocking("RUN-IN-PROGRESS"), FaultLocked, false},
		"blocked":         {preflight.ErrBlocked, blocking("SOURCE-TLS"), FaultBlocked, true},
		"unreachable": {preflight.ErrBlocked, blocking("SOURCE-UNREACHABLE", "TARGET-STARTING"),
			FaultUnavailable, false},
		"that and another":   {preflight.ErrBlocked, blocking("SOURCE-UNREACHABLE", "SOURCE-TLS"), FaultBlocked, true},
		"blocked by nothing": {preflight.ErrBlocked, nil, FaultBlocked, true},
		"differences":        {idconnect.ErrDifferences, nil, FaultDifferences, true},
		"partly compared":    {fmt.Errorf("a: %w", idconnect.ErrPartlyCompared), nil, FaultPartly, true},
		"nothing compared":   {idconnect.ErrNothingCompared, nil, FaultNothing, true},
		"failed records": {&migration.FailedError{Action: hush,
			Status: migration.Status{Word: hush, Phase: migration.PhaseCompleteWithFailures}, Err: said}, nil,
			FaultFailed, true},
		"no right": {&fs.PathError{Op: "open", Path: "/srv/x", Err: fs.ErrPermission}, nil, FaultAccess,
			false},
		"no folder":          {&fs.PathError{Op: "open", Path: "/srv/x", Err: fs.ErrNotExist}, nil, FaultAccess, false},
		"refused connection": {&net.OpError{Op: "dial", Err: said}, nil, FaultUnavailable, false},
		"unavailable":        {fmt.Errorf("%w: %s", openidm.ErrUnavailable, hush), nil, FaultUnavailable, false},
		"too late":           {context.DeadlineExceeded, nil, FaultUnavailable, false},
		"refused account":    {fmt.Errorf("%w: %s", openidm.ErrUnauthorized, hush), nil, FaultFailed, true},
		"anything else":      {said, nil, FaultFailed, true},
		"TLS":                {&tls.CertificateVerificationError{Err: said}, nil, FaultFailed, true},
	} {
		f := faultOf(c.err, c.findings)
		if f.Type != c.kind || f.final != c.final {
			t.Errorf("%s: %s, final %v", name, f.Type, f.final)
		}
		var app *temporal.ApplicationError
		if err := f.application(Looked{}); !errors.As(err, &app) || app.NonRetryable() != c.final ||
			strings.Contains(fmt.Sprint(err, f.Remedy), hush) {
			t.Errorf("%s: %v, %s", name, err, f.Remedy)
		}
	}
}

// TestPublic fills every text of a report with a secret: what is chosen for the
// engine holds it nowhere but where states, codes and names stand.
func TestPublic(t *testing.T) {
	var report report.Report
	fill(reflect.ValueOf(&report).Elem(), 0)
	if report.Verify == nil || len(report.Findings) == 0 || len(report.Steps) == 0 {
		t.Fatalf("%+v", report)
	}
	for i := range report.Findings {
		report.Findings[i].Severity = preflight.Blocks
	}
	may := map[string]bool{}
	for _, at := range []string{
		"Outcome", "Source.URL", "Target.URL", "Steps.Name", "Steps.State", "Findings.Code", "Findings.Severity",
		"Findings.Step",
		"Verify.Source", "Verify.Target", "Verify.Collections.Name", "Verify.Collections.Resource",
		"Verify.Checks.Result",
	} {
		may[at] = true
	}
	seen := 0
	walk(reflect.ValueOf(public(&report)).Elem(), "", func(at, text string) {
		seen++
		if strings.Contains(text, hush) && !may[at] {
			t.Errorf("%s gets into a history", at)
		}
	})
	if seen < len(may) {
		t.Errorf("only %d texts", seen)
	}
}

// fill gives every text of a value a secret, every list one element and every
// number 1.
func fill(v reflect.Value, depth int) {
	if depth > 12 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hush)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

func walk(v reflect.Value, at string, f func(at, text string)) {
	switch v.Kind() {
	case reflect.String:
		f(at, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), at, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), at, f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), strings.TrimPrefix(at+"."+v.Type().Field(i).Name, "."), f)
			}
		}
	}
}

// TestSecrets: a secret is found on the worker, and what fails is said without
// it.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pw")
	if err := os.WriteFile(file, []byte(hush+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	script := "#!/bin/sh\n[ -z \"$IDC_A_PASSWORD\" ] || exit 9\necho " + hush + "\n[ \"$1\" = good ]\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IDC_A_PASSWORD", hush)
	for name, c := range map[string]struct {
		from *siteconfig.Secret
		says string // "": it is found
	}{
		"file":               {&siteconfig.Secret{File: file}, ""},
		"no file":            {&siteconfig.Secret{File: file + "x"}, "file does not exist|no such file"},
		"variable":           {&siteconfig.Secret{Env: "IDC_A_PASSWORD"}, ""},
		"no variable":        {&siteconfig.Secret{Env: "IDC_B_PASSWORD"}, "IDC_B_PASSWORD is not set"},
		"program":            {&siteconfig.Secret{Command: []string{program, "good"}}, ""},
		"program that fails": {&siteconfig.Secret{Command: []string{program, "bad-" + hush}}, "ended with 1"},
		"no program":         {&siteconfig.Secret{Command: []string{program + "x"}}, "cannot be run"},
		"nothing said":       {&siteconfig.Secret{}, "neither file, env nor command"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.from.Command != nil && os.PathSeparator == '\\' {
				t.Skip("a script of sh")
			}
			p, err := secret(t.Context(), c.from, "source.password")
			if c.says == "" {
				if err != nil || p.Reveal() != hush {
					t.Errorf("%v, %q", err, p.Reveal())
				}
				return
			}
			var f fault
			if !errors.As(err, &f) || f.Type != FaultSecret || f.final ||
				!strings.Contains(err.Error(), "source.password") || strings.Contains(fmt.Sprintf("%+v", f), hush) {
				t.Errorf("%+v", err)
			}
			said := false
			for _, s := range strings.Split(c.says, "|") {
				said = said || strings.Contains(err.Error(), s)
			}
			if !said {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
	if p, err := secret(t.Context(), nil, "x"); err != nil ||
		!reflect.DeepEqual(p, keystore.Password{}) {
		t.Errorf("none: %v", err)
	}
}

// TestNotAllowed: an order for what the worker does not allow gets neither secrets nor a
// connection, and touches no file.
func TestNotAllowed(t *testing.T) {
	here := filepath.ToSlash(t.TempDir()) + "/"
	type order = fleetfile.Installation
	for name, c := range map[string]struct {
		step   string
		change func(*order)
		says   string // "": it is allowed
	}{
		"all":      {stepPlan, func(*order) {}, ""},
		"server":   {stepPlan, func(i *order) { i.Source.URL = "https://evil.example.com/openidm/" }, "server evil"},
		"secret":   {stepPlan, func(i *order) { i.Source.Password.File = "/etc/shadow" }, "source.password: "},
		"package":  {"unpack", func(i *order) { i.Package = "/tmp/evil.zip" }, "path /tmp/evil.zip"},
		"java":     {"setup", func(i *order) { i.JavaHome = "/tmp/evil" }, "path /tmp/evil"},
		"id":       {stepPlan, func(i *order) { i.ID = "../../etc" }, "an id"},
		"step":     {"../../etc", func(*order) {}, "unknown step"},
		"carry":    {stepExport, func(i *order) { i.Handover.Carry = []string{"sh"} }, "the program sh"},
		"exported": {stepExport, func(i *order) { i.Handover.Source = "/etc/cron.d/x" }, "path /etc/cron.d/x"},
		"imported": {"stores", func(i *order) { i.Handover.Target = "/etc/shadow" }, "path /etc/shadow"},
		// What only another machine uses is for its own list.
		"source elsewhere": {"stores", func(i *order) { i.Source.Dir = "/opt/there" }, ""},
		"target elsewhere": {stepExport, func(i *order) { i.Handover.Target = "/srv/there" }, ""},
	} {
		a := &Activities{Name: "w", Reports: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
		a.Allow = allow.List{Secrets: []string{here}, Paths: []string{here}, Servers: []string{"a.example.com"}}
		i := installation("a")
		i.Steps = nil
		i.Source.URL, i.Target.URL = "https://a.example.com/openidm/", "https://a.example.com/openidm/"
		i.Source.Worker, i.Target.Worker = "there", "here"
		i.Source.Dir, i.Target.Dir = here+"idc21", here+"idc716"
		i.Source.Password = &siteconfig.Secret{File: here + "none"} // which is not even looked for
		i.Handover = &siteconfig.Handover{Source: here + "a.age", Target: here + "b.age"}
		c.change(&i)
		_, err := a.upgrade(t.Context(), Task{Order: Order{Installation: i}, Step: c.step})
		var f fault
		switch {
		case !errors.As(err, &f):
			t.Errorf("%s: %v", name, err)
		case c.says == "":
			if f.Type != FaultSecret {
				t.Errorf("%s: %v", name, err)
			}
		case f.Type != FaultNotAllowed && c.says != "unknown step", !strings.Contains(f.Text, c.says),
			!f.final && !strings.Contains(f.Remedy, "-allow"):
			t.Errorf("%s: %+v", name, err)
		}
	}
}

// TestHeartbeats: they carry the last event without its words, and who works.
func TestHeartbeats(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetDataConverter(DataConverter())
	env.SetWorkerOptions(worker.Options{DefaultHeartbeatThrottleInterval: MaxHeartbeatInterval,
		MaxHeartbeatThrottleInterval: MaxHeartbeatInterval})
	var mu sync.Mutex
	var beats []Progress
	arrived := make(chan struct{}, 1)
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		mu.Lock()
		defer mu.Unlock()
		var p Progress
		if err := details.Get(&p); err != nil {
			t.Error(err)
		}
		if beats = append(beats, p); p.Code != "" {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	})
	first := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		_, p, stop := beat(ctx, "app1", "migrate", first)
		defer stop()
		p.event(idconnect.Event{Kind: idconnect.EventProgress, Step: "migrate", Detail: hush,
			Done: 3, Total: 9, Unit: "records",
			Finding: &preflight.Finding{Code: "SOURCE-TLS", Seen: hush}})
		select {
		case <-arrived:
			return nil
		case <-time.After(await.Patience):
			return errors.New("no heartbeat has the event")
		}
	}, activity.RegisterOptions{Name: "beats"})
	if _, err := env.ExecuteActivity("beats"); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	last := beats[len(beats)-1]
	if last.Worker != "app1" || last.Step != "migrate" || last.Kind != idconnect.EventProgress || last.Done != 3 ||
		last.Total != 9 || last.Unit != "records" || last.Code != "SOURCE-TLS" || !last.First.Equal(first) {
		t.Errorf("%+v", last)
	}
	if strings.Contains(fmt.Sprintf("%+v", beats), hush) {
		t.Errorf("words got through: %+v", beats)
	}
}

// TestPatience: what may pass is tried again for as long as the fleet file
// says, counted from the first try, also over workers.
func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		since time.Duration
		final bool
	}{"in time": {time.Minute, false}, "too long": {time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.SetDataConverter(DataConverter())
			a := &Activities{Name: "w", Reports: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
			env.RegisterActivityWithOptions(a.Plan, activity.RegisterOptions{Name: planActivity})
			env.SetHeartbeatDetails(Progress{First: time.Now().Add(-c.since)})
			i := installation("a")
			i.Source.Password = &siteconfig.Secret{File: filepath.Join(t.TempDir(), "none")}
			a.Allow = allow.List{Secrets: []string{i.Source.Password.File}, Paths: []string{"/"},
				Servers: []string{"*.example.com", "localhost"}}
			_, err := env.ExecuteActivity(planActivity,
				Task{Order: Order{Installation: i, Patience: 15 * time.Minute}, Step: stepPlan})
			var app *temporal.ApplicationError
			if !errors.As(err, &app) || app.Type() != FaultSecret || app.NonRetryable() != c.final {
				t.Errorf("%+v", err)
			}
		})
	}
}
