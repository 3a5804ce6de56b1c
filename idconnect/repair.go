package idconnect

import (
	"cmp"
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/migration"
)

// Repair restores the records of opts.Paths in the target, as [repair.Run] does,
// with the servers, keystores, collections and changes of u where opts has none. It
// is a dry run unless opts.Apply. With that it takes the lock, so that no run is
// under way on the same target, writes each record down in repair.log of the state
// folder before and after it is sent, and at the end compares both servers, as
// [Upgrade.Compare] does: the result is the report's Verify, and its errors are
// those of Repair. Interrupted, it goes on when it is called again.
//
// A rollback does not undo it: have a backup of the target's database. While a
// migration runs, or its outcome is not known, Repair changes nothing and returns an
// error.
func (u *Upgrade) Repair(ctx context.Context, opts repair.Options) (*repair.Report, error) {
	r, err := u.startVerify(ctx)
	if err != nil {
		return nil, err
	}
	defer r.close()
	rep, err := r.repair(ctx, opts)
	return rep, r.Hide().Error(ending.Of(ctx, err))
}

func (r *runner) repair(ctx context.Context, opts repair.Options) (*repair.Report, error) {
	source, err := r.SourceClient()
	if err != nil {
		return nil, err
	}
	target, err := r.TargetClient()
	if err != nil {
		return nil, err
	}
	if opts.Apply {
		if err := r.mayRepair(ctx); err != nil {
			return nil, err
		}
		log, err := r.place.OpenLog("repair.log")
		if err != nil {
			return nil, err
		}
		defer log.Close()
		also := opts.Note
		opts.Note = func(record repair.Record) error {
			if err := log.Add(record); err != nil || also == nil {
				return err
			}
			return also(record)
		}
	}
	r.repairDefaults(&opts)
	rep, err := repair.Run(ctx, source, target, opts)
	if err != nil || !opts.Apply {
		return rep, err
	}
	_, err = verifyStep{r}.Apply(ctx)
	rep.Verify = r.verified
	return rep, err
}

// repairDefaults completes the options. Without a keystore, records with encrypted
// values are refused.
func (r *runner) repairDefaults(opts *repair.Options) {
	if opts.Collections == nil {
		opts.Collections = r.compare.Collections
	}
	if opts.Changes == nil {
		opts.Changes = r.compare.Changes
	}
	opts.SourceKeys = cmp.Or(opts.SourceKeys, r.compare.Keys)
	if opts.SourceKeys == nil && r.SourceAtHand() {
		opts.SourceKeys, _, _ = r.OpenSource()
	}
	if opts.TargetKeys == nil && r.TargetDir != "" {
		opts.TargetKeys, _ = r.TargetKeys()
	}
	also := opts.Progress
	opts.Progress = func(done, total int) {
		r.progress(Event{Step: "repair", Done: int64(done), Total: int64(total), Unit: "records"})
		if also != nil {
			also(done, total)
		}
	}
}

// mayRepair takes the lock, and makes sure that no migration writes as well.
func (r *runner) mayRepair(ctx context.Context) error {
	if err := r.lock(true); err != nil {
		return err
	}
	if err := r.recover(); err != nil {
		return err
	}
	if r.journal.Note(StepMigrate).IsOpen() {
		return &ending.Known{Err: errors.New("the outcome of an earlier migrate is not known, so nothing is repaired"),
			Do: "run the upgrade again (Upgrade.Run): it finds out"}
	}
	m, err := r.Migration()
	if err != nil {
		return err
	}
	if s, err := m.Status(ctx); err == nil && s.Phase == migration.PhaseRunning {
		return &ending.Known{Err: errors.New("a migration is under way on the target, so nothing is repaired"),
			Do: "wait until it ends (Upgrade.Watch), then verify again"}
	}
	return nil
}
