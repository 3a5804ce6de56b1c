package idconnect

import (
	"context"

	"github.com/idconnect-go/upgrade/idconnect/internal/once"
)

// migrateStep asks the target to copy the records, and waits until it has.
type migrateStep struct{ *runner }

func (s migrateStep) Done(ctx context.Context) (bool, string, error) {
	return s.requests().MigrateDone(ctx)
}

func (s migrateStep) Apply(ctx context.Context) (string, error) { return s.requests().Migrate(ctx) }

// requests are those of configure and migrate, with the journal as it is by now.
func (r *runner) requests() once.Requests {
	return once.Requests{Site: r.Site, Journal: r.journal, Began: r.began, Progress: func(p once.Progress) {
		if p.Notice {
			r.emit(Event{Kind: EventNotice, Step: p.Step, Detail: p.Detail})
			return
		}
		if p.Step == StepMigrate {
			r.processed = max(r.processed, p.Done)
		}
		r.progress(Event{Step: p.Step, Detail: p.Detail, Done: p.Done, Total: p.Total, Unit: p.Unit})
	}}
}
