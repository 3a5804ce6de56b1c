// Package repair restores single records of the target that a comparison found
// missing or changed: from the source, as a correct migration would have left them.
// It writes through repo/… alone, where no script runs and no synchronization
// begins, never deletes, and refuses what it cannot restore whole. That the
// repository of 7.1.6 can be written in this way is assumed; it was tried on the
// community's 7.0.2.
//
// It is for programs that act on what a comparison found. Begin with [Run], [Options]
// and [Record].
package repair

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Options say what [Run] restores. The zero value of each field but Paths will do.
type Options struct {
	// Paths are the records, as [verify.Report.RepairList] gives them and
	// [verify.ReadRepairList] reads them.
	Paths []string
	// Collections name members that are not compared, and so are left as they are;
	// nil: [verify.DefaultCollections].
	Collections []verify.Collection
	// Changes are what a correct migration changes; nil: [changes.Default].
	Changes []changes.Change
	// SourceKeys and TargetKeys are the keystores of the servers. A record with an
	// encrypted value that does not open with both is refused.
	SourceKeys, TargetKeys *keystore.Store
	// Apply writes. Without it Run reads, and says what it would do.
	Apply bool
	// Approve, unless nil, is called once before the first write, with what is to
	// be done. Its error ends Run, and nothing was changed.
	Approve func(context.Context, *Report) error
	// Note, unless nil, is called before each write, and after it with Done set, or
	// with the reason of a refusal. Its error ends Run.
	Note func(Record) error
	// Progress, unless nil, is called after each record of each of the two passes:
	// what is to be done, and doing it.
	Progress func(done, total int)
}

// LogValue gives the options that are set to a [slog.Logger].
func (o Options) LogValue() slog.Value { return redact.Fields(o) }

// Action is what a record of the target needs.
type Action string

// Actions.
const (
	Create Action = "create"
	Update Action = "update"
	Keep   Action = "keep"   // it is as it should be, perhaps since an earlier repair
	Refuse Action = "refuse" // see Record.Reason
)

// Record is one record of the list.
type Record struct {
	// Path is that of [Options].Paths.
	Path   string `json:"path"`
	Action Action `json:"action"`
	// Members that an update changes, sorted.
	Members []string `json:"members,omitempty"`
	// Reason is why the record was refused, and what to do.
	Reason string `json:"reason,omitempty"`
	// Done: it was written, read again, and is as it should be.
	Done bool `json:"done,omitempty"`
}

// Report is what is to be done, or was.
type Report struct {
	Source string `json:"source"`
	Target string `json:"target"`
	// Applied: records were written, or would have been if any had to be.
	Applied bool `json:"applied"`
	// Records in the order in which they are written: what others refer to first.
	Records []Record `json:"records"`
	// Notes say what could not be told of the servers.
	Notes []string `json:"notes,omitempty"`
	// Verify is the comparison that followed, nil where none was made.
	Verify *verify.Report `json:"verify,omitempty"`
}

// Count returns the number of records with an action.
func (r *Report) Count(a Action) (n int) {
	for i := range r.Records {
		if r.Records[i].Action == a {
			n++
		}
	}
	return n
}

// Run restores the records of a list in the target. It is a dry run unless
// opts.Apply; with that it looks at everything first, too, and then at each record
// again right before it writes it. A create is sent with If-None-Match, an update
// with If-Match, each once; the record is read again afterwards, also where the
// answer was lost. Calling it again goes on where it stopped: what is restored needs
// nothing.
//
// An update replaces the members that differ, and leaves the others as the target
// has them. An encrypted value is copied byte for byte, if the key that it names
// opens it in both keystores; a hashed one needs no key. What the repository
// refuses, a record that the source does not have, and one that refers to something
// that the target does not have are refused with the reason. The ends of links are
// looked up; those in a connected system by reading their _id there.
//
// Errors are those of a server that cannot be read at all, those of the functions
// in opts, and that of ctx; the report, unless nil, then says how far Run came.
func Run(ctx context.Context, source, target *openidm.Client, opts Options) (*Report, error) {
	pair := identity.Pair{Source: source, Target: target}
	seen, err := pair.Check(ctx)
	if err != nil {
		return nil, err
	}
	if opts.Changes == nil {
		opts.Changes = changes.Default()
	}
	if opts.Collections == nil {
		opts.Collections = verify.DefaultCollections()
	}
	r := &repairer{source: source, target: target, opts: opts, hide: pair.Hide(), key: make([]byte, 32),
		report: &Report{Source: source.BaseURL, Target: target.BaseURL, Notes: seen.Notes}}
	rand.Read(r.key)
	err = r.run(ctx)
	return redact.Value(r.hide, r.report), r.hide.Error(err)
}

// repairer is one Run.
type repairer struct {
	source, target *openidm.Client
	opts           Options
	hide           redact.Redactor
	key            []byte // of digests
	report         *Report
	ends           ends
}

func (r *repairer) run(ctx context.Context) error {
	if err := r.list(); err != nil {
		return err
	}
	look := func(ctx context.Context, record *Record) error {
		_, err := r.plan(ctx, record)
		return err
	}
	if err := r.each(ctx, look); err != nil {
		return err
	}
	if !r.opts.Apply || r.report.Count(Create)+r.report.Count(Update) == 0 {
		r.report.Applied = r.opts.Apply
		return nil
	}
	if r.opts.Approve != nil {
		if err := r.opts.Approve(ctx, redact.Value(r.hide, r.report)); err != nil {
			return err
		}
	}
	r.report.Applied = true
	return r.each(ctx, r.restore)
}

// ranks order the tables: what others refer to is written first.
var ranks = []string{"repo/internal/role", "repo/managed/assignment", "repo/managed/role", "repo/internal/",
	"repo/managed/", "repo/relationships", "repo/link"}

func rank(path string) int {
	return slices.IndexFunc(ranks, func(of string) bool { return strings.HasPrefix(path, of) })
}

// list orders the records.
func (r *repairer) list() error {
	for _, path := range r.opts.Paths {
		if _, _, err := carry.Split(path); err != nil {
			return fmt.Errorf("repair: %w", err)
		}
		r.report.Records = append(r.report.Records, Record{Path: path, Action: Refuse, Reason: "not looked at"})
	}
	slices.SortStableFunc(r.report.Records, func(a, b Record) int { return rank(a.Path) - rank(b.Path) })
	return nil
}

// each lets do look at every record, or write it. A record that it refuses keeps
// its reason; other errors end it.
func (r *repairer) each(ctx context.Context, do func(context.Context, *Record) error) error {
	r.ends = ends{target: r.target, there: map[string]bool{}}
	for i := range r.report.Records {
		record := &r.report.Records[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		err := do(ctx, record)
		var refused *refusal
		if errors.As(err, &refused) {
			record.Action, record.Reason, record.Members = Refuse, refused.reason, nil
		} else if err != nil {
			return fmt.Errorf("repair %s: %w", record.Path, err)
		}
		if record.Action != Refuse {
			r.ends.there[record.Path] = true
		}
		if r.opts.Progress != nil {
			r.opts.Progress(i+1, len(r.report.Records))
		}
	}
	return nil
}

// refusal is why one record is not restored.
type refusal struct{ reason string }

func (e *refusal) Error() string { return e.reason }

func refusef(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }
