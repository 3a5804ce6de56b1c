package idconnect_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var promisesRepair = []promise{
	{"what verify -ids lists is restored through repo/… alone, and verifies as the same", repairedSame},
	{"a dry run of a repair changes nothing, on no server and no disk", repairDryRun},
	{"a repair that is interrupted goes on, and writes nothing twice", repairResumed},
	{"while a run or a repair is under way, a second one is refused", repairLocked},
	{"nothing is repaired while the outcome of migrate is not known", repairUnknown},
	{"nothing is repaired while a migration runs", repairWhileMigrating},
	{"a record that is refused stays a difference", repairRefused},
}

// damaged is an upgraded world that lost users and a role on the way, with the list
// of them.
func damaged(t *testing.T) (w *world, target *openidmtest.Server, list []string) {
	t.Helper()
	w = newWorld(t, 12)
	w.u.Steps = idconnect.StepNames()[:7]
	_, err := w.u.Run(t.Context())
	must(t, err)
	w.u.Steps = nil
	target = w.running(t)
	for _, id := range []string{"u00001", "u00002", "u00003", "u00004"} {
		target.Delete("managed/user", id)
	}
	target.Delete("managed/role", "r00000")
	target.Put("managed/role", "r00001", map[string]any{"name": "altered"})
	w.u.Acceptance = acceptance.Options{Off: []string{"*"}}
	compared, err := w.u.Compare(t.Context())
	if !errors.Is(err, idconnect.ErrDifferences) {
		t.Fatal(err)
	}
	ids := filepath.Join(w.dir, "ids")
	_, err = compared.SaveRepairList(ids)
	must(t, err)
	list, err = verify.ReadRepairList(ids)
	must(t, err)
	if len(list) != 6 {
		t.Fatalf("%q", list)
	}
	return w, target, list
}

// written are the requests to a server that changed something, after the first n.
func written(s *openidmtest.Server, n int) (of []string) {
	for _, r := range s.Requests()[n:] {
		if r.Method != "GET" {
			of = append(of, r.Method+" "+r.Path)
		}
	}
	return of
}

func repairedSame(t *testing.T) {
	w, target, list := damaged(t)
	source, before := written(w.source, 0), len(target.Requests())
	rep, err := w.u.Repair(t.Context(), repair.Options{Paths: list, Apply: true})
	must(t, err)
	if rep.Count(repair.Refuse) > 0 || rep.Verify == nil || !rep.Verify.Same() {
		t.Errorf("%+v", rep)
	}
	puts := written(target, before)
	for _, r := range puts {
		if !strings.HasPrefix(r, "PUT repo/managed/") && r != "POST system" && r != "POST endpoint/migration" {
			t.Errorf("%s", r)
		}
	}
	puts = slices.DeleteFunc(puts, func(r string) bool { return !strings.HasPrefix(r, "PUT") })
	if len(puts) != len(list) {
		t.Errorf("%q", puts)
	}
	if got := written(w.source, 0); !slices.Equal(got, source) {
		t.Errorf("the source was written to: %q", got)
	}
	log := filepath.Join(w.u.TargetDir+".upgrade", "repair.log")
	content, err := os.ReadFile(log)
	must(t, err)
	if n := bytes.Count(content, []byte("\n")); n != 2*len(list) || bytes.Contains(content, []byte("$crypto")) {
		t.Errorf("%d lines:\n%s", n, content)
	}
}

func repairDryRun(t *testing.T) {
	w, target, list := damaged(t)
	files, before := tree(t, w.dir), len(target.Requests())
	rep, err := w.u.Repair(t.Context(), repair.Options{Paths: list})
	must(t, err)
	if rep.Applied || rep.Verify != nil || rep.Count(repair.Create) != 5 || rep.Count(repair.Update) != 1 {
		t.Errorf("%+v", rep)
	}
	if got := written(target, before); len(got) > 0 {
		t.Errorf("%q", got)
	}
	for path, is := range tree(t, w.dir) {
		if files[path] != is {
			t.Errorf("%s was changed", path)
		}
	}
}

func repairResumed(t *testing.T) {
	w, target, list := damaged(t)
	before := len(target.Requests())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := 0
	opts := repair.Options{Paths: list, Apply: true, Note: func(r repair.Record) error {
		if r.Done {
			if done++; done == 3 {
				cancel()
			}
		}
		return nil
	}}
	rep, err := w.u.Repair(ctx, opts)
	if !errors.Is(err, context.Canceled) || rep == nil || idconnect.RemedyOf(err) == "" {
		t.Fatalf("%+v, %v", rep, err)
	}
	rep, err = w.u.Repair(t.Context(), opts)
	must(t, err)
	if rep.Count(repair.Keep) != 3 || !rep.Verify.Same() {
		t.Errorf("%+v", rep)
	}
	puts := slices.DeleteFunc(written(target, before), func(r string) bool { return !strings.HasPrefix(r, "PUT") })
	slices.Sort(puts)
	if len(puts) != len(list) || len(slices.Compact(puts)) != len(list) {
		t.Errorf("%q", puts)
	}
}

func repairLocked(t *testing.T) {
	w, _, list := damaged(t)
	second := *w.u
	tried := false
	_, err := w.u.Repair(t.Context(), repair.Options{Paths: list, Apply: true,
		Approve: func(ctx context.Context, _ *repair.Report) error {
			tried = true
			var locked *idconnect.LockedError
			if _, err := second.Repair(ctx, repair.Options{Paths: list, Apply: true}); !errors.As(err, &locked) {
				t.Errorf("a second repair: %v", err)
			}
			if _, err := second.Run(ctx); !errors.Is(err, preflight.ErrBlocked) {
				t.Errorf("a run: %v", err)
			}
			return nil
		}})
	must(t, err)
	if !tried {
		t.Error("nobody was asked")
	}
}

func repairUnknown(t *testing.T) {
	w, target, list := damaged(t)
	w.editJournal(t, func(j map[string]any) { delete(j["migrate"].(map[string]any), "ended") })
	before := len(target.Requests())
	_, err := w.u.Repair(t.Context(), repair.Options{Paths: list, Apply: true})
	if err == nil || idconnect.RemedyOf(err) == "" || len(written(target, before)) > 0 {
		t.Errorf("%v, %q", err, written(target, before))
	}
}

func repairWhileMigrating(t *testing.T) {
	w, target, list := damaged(t)
	target.Fail(openidmtest.Fault{Path: "endpoint/migration", Action: "status", Status: 200,
		Body: `{"status":"running"}`})
	before := len(target.Requests())
	_, err := w.u.Repair(t.Context(), repair.Options{Paths: list, Apply: true})
	if err == nil || !strings.Contains(err.Error(), "under way") || slices.ContainsFunc(written(target, before),
		func(r string) bool { return strings.HasPrefix(r, "PUT") }) {
		t.Errorf("%v, %q", err, written(target, before))
	}
}

func repairRefused(t *testing.T) {
	w, target, list := damaged(t)
	target.Fail(openidmtest.Fault{Method: "PUT", Path: "repo/managed/user/u00002", Status: 500,
		Body: `{"code":500,"reason":"Internal Server Error","message":"x"}`})
	rep, err := w.u.Repair(t.Context(), repair.Options{Paths: list, Apply: true})
	if !errors.Is(err, idconnect.ErrDifferences) || rep.Count(repair.Refuse) != 1 || rep.Verify == nil ||
		rep.Verify.Same() {
		t.Errorf("%+v, %v", rep, err)
	}
	if got := idconnect.ReportOf(rep.Verify, nil); got.Outcome == string(report.Done) {
		t.Errorf("the report says %s", got.Outcome)
	}
}
