package repair

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/reason"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// plan is what is to be written of one record.
type plan struct {
	id     string
	source json.RawMessage
	rows   []changes.Change
	ignore []string

	body     map[string]json.RawMessage // as a whole
	revision string                     // of the target's record, for an update
}

// plan reads a record on both servers and decides, from nothing else, what to do.
func (r *repairer) plan(ctx context.Context, record *Record) (*plan, error) {
	record.Action, record.Reason, record.Members = Refuse, "", nil
	resource, id, err := carry.Split(record.Path)
	if err != nil {
		return nil, err
	}
	if rank(resource) < 0 {
		return nil, refusef("only records of repo/… are written, and of it managed objects, internal users and " +
			"roles, relationships and links: anything else could start a synchronization")
	}
	p := &plan{id: id, rows: carry.Of(r.opts.Changes, resource)}
	for _, c := range r.opts.Collections {
		if c.Resource == resource {
			p.ignore = c.Ignore
		}
	}
	if err := r.read(ctx, r.source, record.Path, id, &p.source); err != nil {
		if errors.Is(err, openidm.ErrNotFound) {
			return nil, refusef("the source does not have it")
		}
		return nil, r.refused("the source does not show it", err)
	}
	want, err := carry.Apply(p.rows, p.source)
	if errors.Is(err, carry.ErrLeftBehind) {
		return nil, refusef("a migration leaves it behind: the target is not to have it")
	}
	if err != nil {
		return nil, refusef("%v", err)
	}
	var have json.RawMessage
	switch err := r.read(ctx, r.target, record.Path, id, &have); {
	case errors.Is(err, openidm.ErrNotFound):
		p.body = want
		if err := r.check(ctx, resource, want, want); err != nil {
			return nil, err
		}
		record.Action = Create
		return p, nil
	case err != nil:
		return nil, r.refused("the target does not show it", err)
	}
	names, err := r.differ(p, have)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		record.Action = Keep
		return p, nil
	}
	changed, err := p.merge(want, have, names)
	if err != nil {
		return nil, err
	}
	if err := r.check(ctx, resource, changed, p.body); err != nil {
		return nil, err
	}
	record.Action, record.Members = Update, names
	return p, nil
}

// read reads a record, and makes sure that it is the one that was asked for.
func (r *repairer) read(ctx context.Context, c *openidm.Client, path, id string, into *json.RawMessage) error {
	if err := c.Read(ctx, path, into); err != nil {
		return err
	}
	var is struct {
		ID string `json:"_id"`
	}
	if json.Unmarshal(*into, &is) != nil || is.ID != id {
		return refusef("a server answered with another record")
	}
	return nil
}

// refused makes the refusal of one record of an answer of a server. An error of the
// whole server stays one.
func (r *repairer) refused(what string, err error) error {
	var own *refusal
	var answer *openidm.Error
	switch {
	case errors.As(err, &own):
		return err
	case !errors.As(err, &answer), errors.Is(err, openidm.ErrUnavailable), errors.Is(err, openidm.ErrBusy),
		errors.Is(err, openidm.ErrUnauthorized), errors.Is(err, openidm.ErrRedirect),
		errors.Is(err, openidm.ErrHostRefused):
		return err
	}
	said := cmp.Or(answer.Reason, http.StatusText(answer.Code))
	if answer.Message != said {
		said = text.Because(said, answer.Message)
	}
	return refusef("%s: %d %s", what, answer.Code, reason.Harmless(said, r.hide))
}

// differ returns the members that differ between the source's record, as a
// migration leaves it, and the target's: as the comparison sees them.
func (r *repairer) differ(p *plan, have json.RawMessage) ([]string, error) {
	rows := slices.DeleteFunc(slices.Clone(p.rows), func(row changes.Change) bool {
		return slices.ContainsFunc(row.Members, func(name string) bool { return slices.Contains(p.ignore, name) })
	})
	var sides [2]map[string]digest.Member
	for side, raw := range []json.RawMessage{p.source, have} {
		reducer := digest.NewReducer(r.key, r.opts.SourceKeys, p.ignore, carry.Rules(rows, side == 1))
		_, members, err := reducer.Detail(raw)
		if err != nil {
			return nil, refusef("it cannot be compared: %v", err)
		}
		sides[side] = members
	}
	names, _ := digest.CompareMembers(sides[0], sides[1])
	return names, nil
}

// merge makes the body of an update: the target's record, with the members that
// differ from the source, or none where that has none. Members that one row of the
// changes knows are replaced together. It returns those that it set.
func (p *plan) merge(want map[string]json.RawMessage, have json.RawMessage, names []string) (
	changed map[string]json.RawMessage, err error,
) {
	if err := json.Unmarshal(have, &p.body); err != nil {
		return nil, refusef("the target's record is not a JSON object")
	}
	if json.Unmarshal(p.body["_rev"], &p.revision) != nil || p.revision == "" {
		return nil, refusef("the target's record has no _rev, without which a change of others would be overwritten")
	}
	delete(p.body, "_rev")
	all := slices.Clone(names)
	for _, row := range p.rows {
		if slices.ContainsFunc(row.Members, func(name string) bool { return slices.Contains(names, name) }) {
			all = append(all, row.Members...)
		}
	}
	changed = map[string]json.RawMessage{}
	for _, name := range all {
		if name == "_id" {
			continue
		}
		delete(p.body, name)
		if value, has := want[name]; has {
			p.body[name], changed[name] = value, value
		}
	}
	return changed, nil
}

// check says why what is to be written would not be whole in the target: changed
// are the members that are set, of the record whole.
func (r *repairer) check(ctx context.Context, resource string, changed, whole map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if err := r.checkSecrets(name, changed[name]); err != nil {
			return err
		}
	}
	if err := r.ends.check(ctx, resource, changed, whole); err != nil {
		return r.refused("what it refers to cannot be looked up", err)
	}
	return nil
}

// checkSecrets refuses an encrypted value that a server could not decrypt.
func (r *repairer) checkSecrets(name string, value json.RawMessage) error {
	err := idmvalues.Scan(value, func(pointer string, sealed []byte) error {
		for _, store := range []struct {
			of   string
			keys *keystore.Store
		}{{"source", r.opts.SourceKeys}, {"target", r.opts.TargetKeys}} {
			if store.keys == nil {
				return refusef("its member %s is encrypted, and the %s's keystore is not at hand (Upgrade.%sDir)",
					name+strings.TrimRight(pointer, "/"), store.of, text.Capital(store.of))
			}
			if err := idmvalues.Opens(store.keys, sealed); err != nil {
				return refusef("its member %s is encrypted, and the %s's keystore does not open it: %v",
					name+strings.TrimRight(pointer, "/"), store.of, err)
			}
		}
		return nil
	})
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		return refusef("its member %s cannot be read: %v", name, err)
	}
	return err
}
