package idconnect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	before := tree(t, w.u.SourceDir)
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if plan.Blocked() || len(plan.Steps) != len(idconnect.StepNames()) {
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
	first := rep
	// Again: everything but the comparison is done.
	rep, err = w.u.Run(t.Context())
	must(t, err)
	checkRuns(t, first, rep)
	if n := w.Migrations(); n != 1 {
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
	if err := json.Unmarshal(j, &back); err != nil || back.Outcome != "done" ||
		len(back.Steps) != len(idconnect.StepNames()) {
		t.Errorf("%+v, %v", back, err)
	}
}

// upgradeFault is made before a run.
type upgradeFault struct {
	change  func(*testing.T, *world)
	code    string // of the finding that blocks
	step    string // that fails
	is      error
	missing int64
}

// faultsThatBlock are found before anything is changed.
var faultsThatBlock = map[string]upgradeFault{
	"name of the certificate": {
		change: func(_ *testing.T, w *world) { w.u.InstanceURL = w.source.URL },
		code:   "SOURCE-CERT-NAME",
	},
	"wrong password of the source": {
		change: func(_ *testing.T, w *world) {
			w.u.Source.Credentials.Password = keystore.NewPassword("hush-hush")
		},
		code: "SOURCE-PASSWORD",
	},
	"source down": {
		change: func(t *testing.T, w *world) { shut(t, w.source) },
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
			w.u.Source.HTTPClient = w.source.Client()
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
}

// faultsOfTarget come while the target is set up; most do not end the run.
var faultsOfTarget = map[string]upgradeFault{
	"records lost": {
		change: func(_ *testing.T, w *world) {
			w.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 3})
		},
		step: idconnect.StepVerify, is: idconnect.ErrDifferences, missing: 3,
	},
	"records failed": {
		change: func(_ *testing.T, w *world) {
			w.Fail(openidmtest.Fault{Action: "migrate", FailRecords: 2})
		},
		step: idconnect.StepMigrate,
	},
	"the answer to migrate is lost": {
		change: func(_ *testing.T, w *world) {
			w.Fail(openidmtest.Fault{Action: "migrate", Times: 1, Effect: openidmtest.LoseAnswer})
		},
	},
	"the answer to configure is lost": {
		change: func(_ *testing.T, w *world) {
			w.Fail(openidmtest.Fault{Action: "configure", Times: 1, Effect: openidmtest.LoseAnswer})
		},
	},
	"the target restarts while it is asked": {
		change: func(_ *testing.T, w *world) {
			w.Fail(openidmtest.Fault{Action: "status", After: 3, Times: 1, Effect: openidmtest.Reset})
		},
	},
}

func TestUpgradeFailures(t *testing.T) {
	t.Parallel()
	for name, c := range faultsThatBlock {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, report, err := c.run(t)
			if !errors.Is(err, preflight.ErrBlocked) || !report.Findings.Blocking().Has(c.code) {
				t.Fatalf("%v, %v", err, report.Findings)
			}
			for _, f := range report.Findings.Blocking() {
				if f.Remedy == "" {
					t.Errorf("no remedy: %v", f)
				}
			}
			if exists(filepath.Join(w.u.TargetDir, "setup.sh")) {
				t.Error("something was changed")
			}
		})
	}
	for name, c := range faultsOfTarget {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, report, err := c.run(t)
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
			if n := w.Migrations(); n != 1 {
				t.Errorf("the target received migrate %d times", n)
			}
		})
	}
}

// run is a run with the fault.
func (c upgradeFault) run(t *testing.T) (*world, *report.Report, error) {
	t.Helper()
	w := newWorld(t, 120)
	c.change(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := w.u.Run(ctx)
	if strings.Contains(fmt.Sprint(err, report), "hush-hush") {
		t.Error("a password is in the error")
	}
	return w, report, err
}

func TestTargetStartedTooEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	must(t, os.MkdirAll(filepath.Join(w.u.TargetDir, "security"), 0o755))
	own := openidmtest.NewTarget(t, openidmtest.Options{})
	must(t, own.WriteStores(filepath.Join(w.u.TargetDir, "security")))
	w.u.Target.URL = own.URL
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
// checkRuns holds the second run's report to what the first one did.
func checkRuns(t *testing.T, first, second *report.Report) {
	t.Helper()
	if !first.FirstStarted.IsZero() || first.Tool == "" || first.Steps[6].Records == 0 {
		t.Errorf("the first run began at %v, by %q: %+v", first.FirstStarted, first.Tool, first.Steps[6])
	}
	if at := second.FirstStarted; at.Before(first.Started) || !at.Before(first.Ended) {
		t.Errorf("the first run began at %v, and the second says %v", first.Started, at)
	}
	if took := second.View().Took; took < second.Ended.Sub(first.Ended) {
		t.Errorf("both runs took %v", took)
	}
	for i, s := range second.Steps {
		performed := slices.Contains([]string{"unpack", "stores", "setup", "configure", "migrate"}, s.Name)
		if performed != (s.EarlierStarted != nil && s.EarlierEnded != nil) {
			t.Errorf("%s: performed from %v to %v", s.Name, s.EarlierStarted, s.EarlierEnded)
		} else if performed && s.EarlierStarted.Before(first.Steps[i].Started.Truncate(time.Second)) {
			t.Errorf("%s: performed at %v, before its run began it", s.Name, s.EarlierStarted)
		}
	}
	for _, s := range []report.ServerSeen{second.Target, idconnect.ReportOf(second.Verify, nil).Target} {
		if s.Version == "" {
			t.Errorf("%s: no version", s.URL)
		}
	}
}

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
	if report.Outcome != "done" || w.Migrations() != 1 {
		t.Errorf("%s, migrate %d times", report.Outcome, w.Migrations())
	}
}

func TestRemedies(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		preflight.ErrBlocked, idconnect.ErrDifferences, context.Canceled, context.DeadlineExceeded,
		openidm.ErrUnauthorized, openidm.ErrUnavailable, &migration.UnknownOutcomeError{Action: "migrate"},
		&migration.UnknownStateError{}, &migration.FailedError{Action: "configure"},
		&idconnect.LockedError{}, &idconnect.SetupDoneError{},
	} {
		if idconnect.RemedyOf(&idconnect.StepError{Step: "x", Err: err}) == "" {
			t.Errorf("%v: no remedy", err)
		}
	}
}

// TestStepError: an error names its step once.
func TestStepError(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"migrate: 2 records failed":    "migrate: 2 records failed",
		"migrate failed: no such node": "migrate failed: no such node",
		"migrated nothing":             "migrate: migrated nothing",
		"no answer":                    "migrate: no answer",
	} {
		err := &idconnect.StepError{Step: "migrate", Err: errors.New(said)}
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
