package idconnect_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// forgetOutcome takes the outcome of an action out of the journal, as if the
// run had been killed before it could write it.
func (w *world) forgetOutcome(t *testing.T, action string) {
	t.Helper()
	w.editJournal(t, func(j map[string]any) {
		n, ok := j[action].(map[string]any)
		if !ok || n["ended"] == nil {
			t.Fatalf("the journal has no outcome of %s: %v", action, j)
		}
		delete(n, "ended")
	})
}

// intend writes an action without an outcome into the journal, as a run does
// that is killed before it sends the request.
func (w *world) intend(t *testing.T, action string, more map[string]any) {
	t.Helper()
	w.editJournal(t, func(j map[string]any) {
		note := map[string]any{"began": time.Now().UTC()}
		maps.Copy(note, more)
		j[action] = note
	})
}

// migrated runs all steps but verify, which would see lost records, and lets both
// the journal and the target forget the outcome.
func (w *world) migrated(t *testing.T) {
	t.Helper()
	w.u.Steps = idconnect.StepNames()[:7]
	if _, err := w.u.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.u.Steps = []string{idconnect.StepConfigure, idconnect.StepMigrate}
	w.forgetOutcome(t, "migrate")
	must(t, w.running(t).Restart())
}

// TestSettle: an intent without an outcome, and a target that has forgotten
// what it did, are settled by what the target holds.
func TestSettle(t *testing.T) {
	t.Parallel()
	t.Run("all is there", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 20)
		w.migrated(t)
		if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 1 {
			t.Errorf("%v, migrate %d times", err, w.Migrations())
		}
	})
	t.Run("some is there", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 20)
		w.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 3})
		w.migrated(t)
		_, err := w.u.Run(t.Context())
		var unknown *migration.UnknownOutcomeError
		if !errors.As(err, &unknown) || w.Migrations() != 1 {
			t.Fatalf("%v, migrate %d times", err, w.Migrations())
		}
		logs := filepath.Join(w.u.TargetDir, "logs")
		for _, what := range []string{"27 of 30 records", logs, "managed/user", "Upgrade.Again", "Upgrade.Rollback"} {
			if said := err.Error() + "; " + idconnect.RemedyOf(err); !strings.Contains(said, what) {
				t.Errorf("it does not say %q: %s", what, said)
			}
		}
		// A person looked, and says so.
		w.u.Again = true
		if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 2 {
			t.Errorf("%v, migrate %d times", err, w.Migrations())
		}
	})
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 20)
		for i, again := range []bool{false, false, true, false} {
			w.u.Again = again
			_, err := w.u.Run(t.Context())
			want := []int{1, 1, 2, 2}[i]
			if err != nil || w.Migrations() != want {
				t.Fatalf("run %d: %v, migrate %d times", i, err, w.Migrations())
			}
		}
	})
}

// TestSettleInParts: a target that was never told its source is told in the
// end, though no run lives as long as it takes to be sure that it was not.
func TestSettleInParts(t *testing.T) {
	t.Parallel()
	stores := matrixStores(t)
	synctest.Test(t, func(t *testing.T) {
		w := newMatrixWorld(t, stores)
		w.u.Steps, w.u.SettleTime = []string{idconnect.StepConfigure}, time.Minute
		run := func(lives time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), lives)
			defer cancel()
			_, err := w.u.Run(ctx)
			return err
		}
		w.target.Fail(openidmtest.Fault{Action: "configure", Effect: openidmtest.Hang, Times: 1})
		if err := run(2 * time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("while the request hangs: %v", err)
		}
		for n := 1; ; n++ {
			err := run(40 * time.Second)
			if err == nil {
				if n == 1 {
					t.Error("the first run did not look for as long as it was told")
				}
				break
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			if n == 10 {
				t.Fatal("ten runs of two thirds of the settle time did not settle it")
			}
		}
		told := 0
		for _, r := range w.target.Requests() {
			if r.Action == "configure" {
				told++
			}
		}
		if told != 2 {
			t.Errorf("configure was sent %d times, and not once more", told)
		}
	})
}

// TestSetupKilled: a set-up script that is killed fails with its last lines,
// and the next run sets up.
func TestSetupKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	const ask, askBatch = "printf 'Enter keystore", "set /p password"
	fatal := strings.Replace(testSetup, ask,
		"[ -e ../tried ] || { touch ../tried; echo half way; kill -9 $$; }\n"+ask, 1)
	fatalBatch := strings.Replace(testSetupBatch, askBatch, "if not exist ..\\tried goto half\r\n"+askBatch, 1) +
		":half\r\necho.> ..\\tried\r\necho half way\r\nexit 9\r\n"
	writePackage(t, w.u.Package, map[string]string{
		"setup.sh": fatal, "setup.bat": fatalBatch, "conf/boot/boot.properties": testBoot, "security/README": "",
	})
	report, err := w.u.Run(t.Context())
	var failed *idconnect.SetupError
	if !errors.As(err, &failed) || report.Outcome != "failed" || !strings.Contains(failed.Error(), "half way") {
		t.Fatalf("%v, %+v", err, failed)
	}
	if report, err = w.u.Run(t.Context()); err != nil || report.Outcome != "done" || w.Migrations() != 1 {
		t.Errorf("%v, migrate %d times", err, w.Migrations())
	}
}

// TestSetupDone: the script is not run a second time because the server that
// it made does not answer today.
func TestSetupDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	w.u.Steps = []string{idconnect.StepUnpack, idconnect.StepStores, idconnect.StepJava, idconnect.StepSetup}
	_, err := w.u.Run(t.Context())
	must(t, err)
	w.running(t).Close()
	_, err = w.u.Run(t.Context())
	var done *idconnect.SetupDoneError
	if !errors.As(err, &done) || done.When.IsZero() || !strings.Contains(idconnect.RemedyOf(err), "Upgrade.Again") {
		t.Errorf("%v", err)
	}
}
