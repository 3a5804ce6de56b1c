package idconnect_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var promisesSent = append([]promise{
	{"every spelling of a target leads to one journal", oneJournal},
	{"of two runs under two spellings the second is refused", oneLock},
	{"a folder that is moved takes its journal along, and alone is refused", movedFolder},
	{"another state folder does not send it again", otherStateFolder},
	{"a target with links and roles and no user has received it", withoutUsers},
	{"a completed migration stands without a user", completedWithoutUsers},
	{"what the target's audit has was received, though no record is there", receivedByAudit},
	{"an audit that is off proves nothing, and the records decide", auditOff},
	{"a target that is closed in the middle ends the run, with three ways out", closedInTheMiddle},
	{"a target that is gone is said to be, every ten seconds", saidToBeGone},
	{"whoever watches a target that is gone is told, and not for ever", watchedGone},
	{"a target restarted in the middle is not sent it again, and is counted", restartedInTheMiddle},
	{"status shows a request without an outcome first", openRequestFirst},
}, promisesJournal...)

// onceMigrated is a world in which everything but verify was done, and whose target has forgotten it.
func onceMigrated(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 5)
	w.u.Steps = idconnect.StepNames()[:7]
	_, err := w.u.Run(t.Context())
	must(t, err)
	must(t, w.running(t).Restart())
	w.u.Steps = []string{idconnect.StepConfigure, idconnect.StepMigrate}
	return w
}

// remote is the same upgrade without its target's folder.
func (w *world) remote(host string) *idconnect.Upgrade {
	u := *w.u
	u.TargetDir, u.Steps = "", []string{idconnect.StepConfigure, idconnect.StepMigrate}
	u.Target.URL = strings.TrimSuffix(strings.Replace(u.Target.URL, "localhost", host, 1), "/")
	u.Target.TLSName, u.Target.Truststore = testHost, filepath.Join(w.u.SourceDir, "security", "truststore")
	return &u
}

// spellings are the same upgrade with its folder, and its server, named otherwise.
func (w *world) spellings(t *testing.T) map[string]*idconnect.Upgrade {
	t.Helper()
	link := filepath.Join(w.dir, "link")
	must(t, os.Symlink(filepath.Dir(w.u.TargetDir), link))
	here, err := os.Getwd()
	must(t, err)
	relative, err := filepath.Rel(here, w.u.TargetDir)
	must(t, err)
	all := map[string]*idconnect.Upgrade{"no folder": w.remote("localhost"), "an IP address": w.remote("127.0.0.1")}
	for name, dir := range map[string]string{
		"a link": filepath.Join(link, filepath.Base(w.u.TargetDir)), "relative": relative,
		"more of it": w.u.TargetDir + "/./",
	} {
		u := *w.u
		u.TargetDir = dir
		all[name] = &u
	}
	return all
}

func oneJournal(t *testing.T) {
	w := onceMigrated(t)
	for name, u := range w.spellings(t) {
		if _, err := u.Run(t.Context()); err != nil || w.Migrations() != 1 {
			t.Errorf("%s: %v, migrate %d times", name, err, w.Migrations())
		}
	}
}

func oneLock(t *testing.T) {
	w := onceMigrated(t)
	second, tried := w.spellings(t), 0
	w.u.Events = func(e idconnect.Event) {
		if e.Kind != idconnect.EventStep || tried > 0 {
			return
		}
		for name, u := range second {
			tried++
			var locked *idconnect.LockedError
			if _, err := u.Run(context.Background()); !errors.As(err, &locked) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := w.u.Run(t.Context()); err != nil || tried != len(second) {
		t.Errorf("%v, %d runs were tried", err, tried)
	}
}

func movedFolder(t *testing.T) {
	w := onceMigrated(t)
	was := w.u.TargetDir
	w.u.TargetDir = was + "-moved"
	must(t, os.Rename(was, w.u.TargetDir))
	_, err := w.u.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), was+".upgrade") || idconnect.RemedyOf(err) == "" {
		t.Errorf("moved alone: %v", err)
	}
	must(t, os.Rename(was+".upgrade", w.u.TargetDir+".upgrade"))
	_, err = w.u.Run(t.Context())
	if err != nil || w.Migrations() != 1 {
		t.Errorf("moved with its journal: %v, migrate %d times", err, w.Migrations())
	}
	w.running(t).Close()
	w.u.Steps = nil
	w.u.RemoveAdded = true // started, stopped, and the restart of this one
	if _, err := w.u.Rollback(t.Context(), ""); err != nil || exists(w.u.TargetDir) {
		t.Errorf("back: %v", err)
	}
}

func otherStateFolder(t *testing.T) {
	w := onceMigrated(t)
	w.u.StateDir = filepath.Join(w.dir, "elsewhere")
	_, err := w.u.Run(t.Context())
	if err == nil || w.Migrations() != 1 || !strings.Contains(err.Error(), w.u.TargetDir+".upgrade") ||
		!strings.Contains(idconnect.RemedyOf(err), ".json") {
		t.Errorf("%v, migrate %d times", err, w.Migrations())
	}
}

// withoutRecords takes all of a collection from the target.
func (w *world) withoutRecords(t *testing.T, collections ...string) {
	t.Helper()
	target := w.running(t)
	for _, c := range collections {
		for id := range target.Records(c) {
			target.Delete(c, id)
		}
	}
}

func withoutUsers(t *testing.T) {
	w := newWorld(t, 20)
	w.migrated(t)
	w.withoutRecords(t, "managed/user")
	w.stayUnknown(t)
}

// stayUnknown is a run that neither sends migrate again nor calls it done, and names three ways out.
func (w *world) stayUnknown(t *testing.T, says ...string) {
	t.Helper()
	_, err := w.u.Run(t.Context())
	var unknown *migration.UnknownOutcomeError
	if !errors.As(err, &unknown) || w.Migrations() != 1 {
		t.Fatalf("%v, migrate %d times", err, w.Migrations())
	}
	for _, what := range append(says, "(1) ", "idconnect.Verify", "Upgrade.Again", "(3) ", "Upgrade.Rollback") {
		if said := err.Error() + "; " + idconnect.RemedyOf(err); !strings.Contains(said, what) {
			t.Errorf("it does not say %q: %s", what, said)
		}
	}
}

func completedWithoutUsers(t *testing.T) {
	w := newWorld(t, 20)
	w.u.Steps = idconnect.StepNames()[:7]
	for range 2 {
		if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 1 {
			t.Fatalf("%v, migrate %d times", err, w.Migrations())
		}
		w.withoutRecords(t, "managed/user")
		must(t, w.running(t).Restart())
	}
}

var sentCollections = []string{"managed/user", "managed/role", "managed/assignment", "link"}

func receivedByAudit(t *testing.T) {
	w := newWorld(t, 5)
	w.migrated(t)
	w.withoutRecords(t, sentCollections...)
	w.stayUnknown(t, "audit says that it received migrate on 20", "holds 0 of 15 records")
	w.u.Again = true // a person looked
	if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 2 {
		t.Errorf("%v, migrate %d times", err, w.Migrations())
	}
}

func auditOff(t *testing.T) {
	w := newWorld(t, 20)
	w.Fail(openidmtest.Fault{Path: "audit", Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"m"}`})
	w.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 3})
	w.migrated(t)
	w.stayUnknown(t, "holds 27 of 30 records")
	w.withoutRecords(t, sentCollections...)
	// It holds nothing, and nothing says that it received anything.
	if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 2 {
		t.Errorf("%v, migrate %d times", err, w.Migrations())
	}
}

func closedInTheMiddle(t *testing.T) {
	w := newWorld(t, 5)
	w.u.Steps, w.u.MaxDown = idconnect.StepNames()[:6], 300*time.Millisecond
	_, err := w.u.Run(t.Context())
	must(t, err)
	w.intend(t, "migrate", nil)
	running := answer(200, `{"status":"running","progress":{"processed":94,"total":1000}}`)
	running.Action = "status"
	target := w.running(t)
	target.Fail(running)
	w.u.Steps = []string{idconnect.StepMigrate}
	w.u.Events = func(e idconnect.Event) {
		if e.Kind == idconnect.EventProgress && e.Detail == "running" {
			go target.Close()
		}
	}
	_, ended := w.u.Run(t.Context())
	var gone *migration.GoneError
	if !errors.As(ended, &gone) || gone.Status.Processed != 94 {
		t.Fatal(ended)
	}
	report, err := w.u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) || w.Migrations() != 0 {
		t.Fatalf("it is gone: %v", err)
	}
	for _, remedy := range []string{idconnect.RemedyOf(ended), report.Findings[0].Remedy} {
		for _, what := range []string{"(1) start", "startup.", w.u.TargetDir, "(2) ", "idconnect.Verify",
			"Upgrade.Again", "(3) ", "Upgrade.Rollback"} {
			if !strings.Contains(remedy, what) {
				t.Errorf("it does not say %q: %s", what, remedy)
			}
		}
	}
}

// portIsTaken reports whether somebody listens where the target did.
func (w *world) portIsTaken(t *testing.T) bool {
	t.Helper()
	u, err := url.Parse(w.u.Target.URL)
	must(t, err)
	c, err := net.Dial("tcp", u.Host)
	if err == nil {
		must(t, c.Close())
	}
	return err == nil
}

func openRequestFirst(t *testing.T) {
	w := onceMigrated(t)
	w.forgetOutcome(t, "migrate")
	for _, gone := range []bool{false, true} {
		if gone {
			w.running(t).Close()
		}
		plan, err := w.u.Status(t.Context())
		must(t, err)
		if gone && w.portIsTaken(t) { // by a server of another row
			openRequestFirst(t)
			return
		}
		var text strings.Builder
		must(t, plan.WriteText(&text))
		first, _, _ := strings.Cut(text.String(), "\n\n")
		if plan.Findings[0].Code != "REQUEST-OPEN" || !strings.HasPrefix(first, "warns: REQUEST-OPEN") ||
			!strings.Contains(first, "was about to send migrate") ||
			strings.Contains(strings.Join(strings.Fields(first), " "), "(1) start the target again") != gone {
			t.Errorf("gone %v: %s", gone, text.String())
		}
	}
}
