package once

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Explain gives an error that leaves the outcome of a request open the remedies that fit the case; others stay as they
// are.
func (r Requests) Explain(step string, err error) error {
	var gone *migration.GoneError
	var unknown *migration.UnknownOutcomeError
	var already *ending.Known
	known := func(format string, args ...any) error {
		return &ending.Known{Err: err, Do: fmt.Sprintf(format, args...)}
	}
	isGone := errors.As(err, &gone) || r.Journal.Note(step).IsOpen() && errors.Is(err, openidm.ErrUnavailable)
	switch {
	case errors.As(err, &already):
		return err
	case isGone && step == site.StepConfigure:
		return known("%s, then run the same command again: it asks the target first", r.start())
	case isGone:
		return known("(1) %s, then run the same command again: it asks the target what became of the migration, "+
			"and does not send it twice; (2) %s; (3) %s", r.start(), r.look(), r.takeBack())
	case errors.As(err, &unknown) && step == site.StepConfigure:
		return known("look at %s for the request; if it was not received, run again with Upgrade.Again", r.logs())
	case errors.As(err, &unknown):
		return known("(1) look at %s for what the target did; (2) %s; (3) %s", r.logs(), r.look(), r.takeBack())
	}
	return err
}

// Open are the requests that were about to be sent and have no outcome, each as a finding. Without an answer of the
// target its remedy is that of a target that is gone.
func (r Requests) Open(answers bool) (found preflight.Findings) {
	for _, step := range []string{site.StepMigrate, site.StepConfigure} {
		n := r.Journal.Note(step)
		if !n.IsOpen() {
			continue
		}
		f := preflight.Codes.RequestOpen.Finding(step, "an earlier run was about to send %s, or sent it, on %s, and "+
			"its outcome is not known", step, n.Began.Format(time.RFC3339))
		if !answers {
			f = f.WithRemedy(ending.Remedy(r.Explain(step, openidm.ErrUnavailable)))
		}
		found = append(found, f)
	}
	return found
}

func (r Requests) logs() string {
	if r.Site.TargetDir == "" {
		return "the target's log"
	}
	return "the target's logs in " + filepath.Join(r.Site.TargetDir, "logs")
}

func (r Requests) start() string {
	script := "startup.sh"
	if r.Site.Machine.System() == "windows" {
		script = "startup.bat"
	}
	if r.Site.TargetDir != "" {
		return fmt.Sprintf("start the target again (%s, or its service)", filepath.Join(r.Site.TargetDir, script))
	}
	return fmt.Sprintf("start the target again (%s in its folder, or its service)", script)
}

func (r Requests) look() string {
	return fmt.Sprintf("look at what it holds (idconnect.Verify, or %smanaged/user and repo/link): "+
		"if migrate was not received, or broke off, send it once more with Upgrade.Again",
		r.Site.Target.URL)
}

func (r Requests) takeBack() string {
	return "take it back: stop the target, restore its database from a backup, or use Upgrade.Rollback " +
		"and unpack anew where the database is the embedded one, then run again"
}
