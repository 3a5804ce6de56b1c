package idconnect_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

type catalogueRow struct {
	name, code string
	severity   preflight.Severity
	fault      func(*catalogueWorld)
}

const (
	blocks = preflight.Blocks
	warns  = preflight.Warns
)

// TestCatalogue: each fault is made for real, and preflight finds it, with its
// code and severity, and changes nothing. Without a fault it finds none.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs sh for the stand-ins of Java")
	}
	base := newCatalogueBase(t)
	rows := slices.Concat(faultsOfServers, faultsOfTLS, faultsOfHost, faultsOfStores, faultsOfGenerations,
		faultsOfLinux)
	if os.Geteuid() != 0 {
		rows = append(rows, readOnly)
	}
	var found atomic.Int32
	missing := map[string]bool{"VALUES-OPEN": false}
	for _, e := range preflight.Catalogue() {
		if _, ok := missing[e.Code]; !ok {
			missing[e.Code] = true
		}
	}
	for _, row := range rows {
		missing[row.code] = false
	}
	for code, yes := range missing {
		if yes {
			t.Errorf("no row makes %s", code)
		}
	}
	sample := len(rows) / 2
	if testing.Short() {
		sample = 16
	}
	chosen := exhaustive.Sample(rows, sample)
	t.Run("rows", func(t *testing.T) {
		t.Run("undisturbed", func(t *testing.T) {
			t.Parallel()
			w := base.world(t)
			before := w.picture()
			plan, err := w.u.Plan(t.Context())
			must(t, err)
			always := append([]string{"VALUES-OPEN"}, reminders...)
			for _, f := range plan.Findings {
				i := slices.Index(always, f.Code)
				if i < 0 {
					t.Errorf("%v", f)
					continue
				}
				always = slices.Delete(always, i, i+1)
			}
			if len(always) > 0 {
				t.Errorf("not there: %v", always)
			}
			w.unchanged(before)
		})
		for _, row := range chosen {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				w := base.world(t)
				if w.finds(row) {
					found.Add(1)
				}
			})
		}
	})
	for _, r := range append(base.source.Requests(), base.other.Requests()...) {
		if r.Method != "GET" && r.Action != "status" {
			t.Errorf("%s %s %s", r.Method, r.Path, r.Action)
		}
	}
	fmt.Printf("TestCatalogue: %d of %d of %d faults found\n", found.Load(), len(chosen), len(rows))
}

// finds makes the fault of a row and reports whether preflight finds it.
func (w *catalogueWorld) finds(row catalogueRow) (found bool) {
	w.t.Helper()
	row.fault(w)
	before := w.picture()
	findings := w.findings(row.severity)
	w.unchanged(before)
	var seen []string
	for _, f := range findings {
		seen = append(seen, string(f.Severity)+" "+f.String())
		if f.Seen == "" || f.Doc == "" || f.Code != "VALUES-OPEN" && (f.Why == "" || f.Remedy == "") {
			w.t.Errorf("not whole: %+v", f)
		}
		found = found || f.Code == row.code && f.Severity == row.severity
	}
	text := strings.Join(seen, "\n")
	if !found {
		w.t.Errorf("%s %s was not found in\n%s", row.severity, row.code, text)
	}
	for _, secret := range []string{"hush-hush", "Passw0rd", "changeit", catalogueKey} {
		if strings.Contains(text, secret) {
			w.t.Errorf("a secret is in\n%s", text)
		}
	}
	return found
}

// findings of a plan, and where they block of a run, which must stop at them.
func (w *catalogueWorld) findings(severity preflight.Severity) preflight.Findings {
	w.t.Helper()
	if severity != blocks {
		plan, err := w.u.Plan(w.t.Context())
		must(w.t, err)
		return plan.Findings
	}
	report, err := w.u.Run(w.t.Context())
	if !errors.Is(err, preflight.ErrBlocked) {
		w.t.Fatalf("%v", err)
	}
	if locked := new(idconnect.LockedError); errors.As(err, &locked) { // before it looked at anything else
		plan, err := w.u.Plan(w.t.Context())
		must(w.t, err)
		return plan.Findings
	}
	return report.Findings
}

func (w *catalogueWorld) unchanged(before map[string]string) {
	w.t.Helper()
	if d := cmp.Diff(before, w.picture()); d != "" {
		w.t.Errorf("something was changed:\n%s", d)
	}
	for _, s := range w.servers {
		for _, r := range s.Requests() {
			if r.Method != "GET" && r.Action != "status" {
				w.t.Errorf("%s %s %s", r.Method, r.Path, r.Action)
			}
		}
	}
}
