package repair

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// restore writes one record, and makes sure that it is there.
func (r *repairer) restore(ctx context.Context, record *Record) error {
	p, err := r.plan(ctx, record)
	if err != nil || record.Action == Keep {
		return err
	}
	if err := r.note(*record); err != nil {
		return err
	}
	if record.Action == Create {
		err = r.target.Create(ctx, record.Path, p.body, nil)
	} else {
		err = r.target.Update(ctx, record.Path, p.revision, p.body, nil)
	}
	if err = r.outcome(ctx, record, p, err); err == nil {
		record.Done = true
		return r.note(*record)
	}
	var refused *refusal
	if errors.As(err, &refused) {
		noted := *record
		noted.Action, noted.Reason = Refuse, refused.reason
		return errors.Join(err, r.note(noted))
	}
	return err
}

func (r *repairer) note(record Record) error {
	if r.opts.Note == nil {
		return nil
	}
	return r.opts.Note(record)
}

// outcome reads the record again, unless the server refused it. An answer that was
// lost says nothing of what became of the request.
func (r *repairer) outcome(ctx context.Context, record *Record, p *plan, sent error) error {
	var lost *openidm.NetworkError
	switch {
	case sent == nil:
	case errors.As(sent, &lost) && lost.Sent() && ctx.Err() == nil:
	case errors.Is(sent, openidm.ErrPrecondition):
		return refusef("it was created or changed meanwhile: verify again")
	default:
		return r.refused("the target's repository refuses it", sent)
	}
	var have json.RawMessage
	if err := r.read(ctx, r.target, record.Path, p.id, &have); err != nil {
		if sent != nil {
			return sent
		}
		return r.refused("it was written, and the target does not show it", err)
	}
	names, err := r.differ(p, have)
	switch {
	case err != nil:
		return err
	case len(names) > 0 && sent != nil:
		return sent
	case len(names) > 0:
		return refusef("it was written, and the target keeps it otherwise: %s", strings.Join(names, ", "))
	}
	return nil
}
