// Package verify compares the records of two OpenIDM servers by id and content,
// with little memory, and reports what is missing, extra or changed. It reads
// through [openidm.Client] and changes nothing; what to do about a difference is
// for package repair.
//
// It is for programs that prove that two servers hold the same, after a migration or
// at any time. Begin with [Run], [Options] and [Report].
//
// Package acceptance adds the checks with which the vendor's procedure ends, and
// idconnect.Verify does both.
package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Options says what [Run] compares and within which limits. The zero value
// compares [DefaultCollections] and opens no encrypted value.
type Options struct {
	// Collections to compare; nil: [DefaultCollections].
	Collections []Collection
	// Changes are what a correct migration changes: both servers' records are
	// brought into one form by them before they are compared, and what they explain
	// is counted in the report. Nil: [changes.Default]. An empty list explains
	// nothing, as between two servers of one generation.
	Changes []changes.Change
	// Keys decrypts values, so that one which the target encrypted again is
	// compared by its plaintext. Without it, equal ciphertext is equal and
	// different ciphertext is counted as not checked. No plaintext leaves the
	// store.
	Keys *keystore.Store
	// PageSize is the number of records in one request at first; 0 means 500, the
	// limit is 10,000. Ranges grow to eight times of it, or 2 MiB, or all in flight to 8
	// MiB, while the server answers within a second, and shrink when it takes over four.
	PageSize int
	// Concurrency is the number of requests in flight on each server where it is
	// read by ranges; 0 means 4, the limit is 8. A server that is busy (429, 503 or
	// a timeout) is asked with fewer. Pages are read one after the other.
	Concurrency int
	// Rate is the number of records a second that each server is asked for at most;
	// 0 is no limit.
	Rate int
	// MaxDifferences limits each list of a [CollectionReport]; 0 means 1000, the
	// limit is 10,000. The counts beside the lists are not limited.
	MaxDifferences int
	// SortKeys, unless nil, has both servers read in pages of that order, as in
	// "_id" or "-userName". It must not change from page to page.
	SortKeys []string
	// Values adds the values of members that differ to the report: possibly
	// personal data. A value that is encrypted on one of the servers, or whose
	// name suggests a secret, is never shown.
	Values bool
	// Accept lists codes of what need not be compared: where it was not, the verdict
	// is not lowered. The codes are those of [verdict.Item].
	Accept []string
	// StateFile, unless "", records the progress, so that the same call resumes
	// after an interruption, however the process ended. It is written about
	// every ten seconds, atomically, and removed when the comparison is done.
	// With other servers, accounts or options the comparison starts over. The first
	// reading of a collection resumes by range, or by page; the readings after it,
	// where something differed, from their beginning.
	// The file is encrypted with the passwords of both accounts. Run returns an
	// [*OldStateError] for a file of an earlier version of this package.
	StateFile string
	// Progress, unless nil, is called every few thousand records, and at the end
	// of each pass and each collection. Calls do not overlap.
	Progress func(Progress)

	// For tests: recordsPerRound, stateEvery and stateCost.
	round      int
	stateEvery time.Duration
	stateCost  int

	log *slog.Logger // of Run: the source's; may be nil
}

// LogValue gives the options that are set to a [slog.Logger].
func (o Options) LogValue() slog.Value { return redact.Fields(o) }

// Progress is the progress of a comparison.
type Progress struct {
	Collection string // the Name of the collection
	Pass       int    // 1 is the first reading; more only where differences were seen
	Source     int64  // records read of the source in this pass
	Target     int64  // and of the target
	Done       bool   // the collection is finished
	// Total is the number of records of the source that this pass will read, or
	// -1 while unknown: most servers do not count before they are read. Rate is in
	// records of the source per second, 0 while unknown. Left is how long the rest of
	// the pass takes at that rate, or -1 while unknown; it goes by the records of the
	// target where the source does not count its own.
	Total int64
	Rate  float64
	Left  time.Duration
}

// String returns the progress on one line.
func (p Progress) String() string {
	state := ""
	if p.Done {
		state = "done"
	} else if p.Pass > 1 {
		state = fmt.Sprintf("pass %d", p.Pass)
	}
	return p.Collection + ": " + text.List(text.Progress(p.Source, p.Total, "records", p.Rate, p.Left), state)
}

// LogValue gives what is known to a [slog.Logger].
func (p Progress) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("collection", p.Collection), slog.Int("pass", p.Pass),
		slog.Int64("source", p.Source), slog.Int64("target", p.Target)}
	if p.Total >= 0 {
		attrs = append(attrs, slog.Int64("total", p.Total))
	}
	if p.Rate > 0 {
		attrs = append(attrs, slog.Float64("rate", p.Rate))
	}
	if p.Left >= 0 {
		attrs = append(attrs, slog.Duration("left", p.Left))
	}
	return slog.GroupValue(append(attrs, slog.Bool("done", p.Done))...)
}

// Run compares the collections of two servers, record by record, by id and
// content, and returns what differs; see [Report.Verdict]. Both
// servers are read at the same time and never changed.
//
// Content is JSON in the form of RFC 8785, so the order of members, the
// spelling of numbers and white space do not matter. A member that is null
// differs from one that is absent. [Options].Keys says how encrypted values are
// compared.
//
// Each server is read by ranges of _id, several at once, so that the time grows
// with the number of records: no server has to count its way to a page. One whose
// filters are refused, ignored or slower than its pages is read in pages instead, in
// its own order or, if that changes, sorted by _id. [CollectionReport].Plans says
// which, and why. The ranges of a server cover each record once, which its own
// answers prove whatever its order of strings.
//
// The first pass keeps sums of hashes by a hash of the id, so that the orders of
// the two servers do not matter: a few megabytes, however large the collection is,
// and about 8 MiB more for a source that is read by pages. If the sums differ, Run
// reads again the ranges that hold the records in question, or the whole collection,
// as often as it takes to keep the memory low, and what still differs once more
// before reporting it, by id where the server can: so a
// collection that changes meanwhile causes no false alarm in the lists. Differences
// beyond Options.MaxDifferences are counted after the second pass. An id that occurs
// twice on both servers alike is found; by pages only in the first 8 million
// records.
//
// The functions in beside run while the servers are read. Their report has its
// collections when compared is closed; until then they leave it alone. If the
// comparison fails, their context ends. The state file is kept until all of them
// return nil: if one is interrupted, the next call does not compare again.
//
// Run compares two servers: one that is compared with itself is [ErrSameServer],
// and two whose versions or marks of a generation say that they are swapped are
// [ErrSwapped]. What could not be told is in the report's Notes.
//
// A collection that one of the servers does not have is not an error, see
// [CollectionReport]. Run returns an error if it cannot read a server: there is
// no answer, the credentials are refused, or it fails midway. The report then
// holds the collections that were finished.
func Run(ctx context.Context, source, target *openidm.Client, opts Options,
	beside ...func(ctx context.Context, r *Report, compared <-chan struct{}) error) (*Report, error) {
	pair := identity.Pair{Source: source, Target: target}
	if err := pair.Addresses(ctx); err != nil {
		return nil, err
	}
	a, b := source.Credentials, target.Credentials
	urls := [2]string{identity.Shown(source.BaseURL), identity.Shown(target.BaseURL)}
	users := [2]string{a.Username, b.Username}
	var secret []byte
	if opts.StateFile != "" && !a.Password.IsZero() && !b.Password.IsZero() {
		secret = fmt.Appendf(nil, "%q %q", a.Password.Reveal(), b.Password.Reveal())
	}
	opts = opts.WithDefaults()
	opts.log = pair.Hide().Logger(source.Logger)
	store, err := openStore(urls, users, secret, opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	report := &Report{Source: urls[0], Target: urls[1], Accept: opts.Accept, Off: opts.off()}
	all := begin(ctx, [2]Server{source, target}, opts, store)
	identified := all.identify(func() error {
		seen, err := pair.Check(ctx)
		report.SourceVersion, report.TargetVersion, report.Notes = seen.Source, seen.Target, seen.Notes
		return err
	}, cancel)
	compared, errs := make(chan struct{}), make([]error, 1+len(beside))
	var others sync.WaitGroup
	for i, do := range beside {
		others.Go(func() {
			if identified() {
				errs[i+1] = do(pair.Checked(ctx), report, compared)
			}
		})
	}
	if errs[0] = all.run(ctx, report); errs[0] == nil {
		close(compared)
	} else {
		cancel(errs[0])
	}
	others.Wait()
	if !identified() && errors.Is(context.Cause(ctx), all.wrong) {
		return nil, all.wrong
	}
	err = cmp.Or(errs...)
	report.Ended, report.Incomplete = time.Now(), err != nil
	hide := pair.Hide()
	return redact.Value(hide, report), hide.Error(store.end(err))
}

// Errors of [Run], and of package acceptance, by errors.Is.
var (
	// ErrSameServer: both clients reach the same server, by one address, by two
	// names or addresses of it, or by one that forwards to it.
	ErrSameServer = identity.ErrSame
	// ErrSwapped: the source is of a later generation than the target.
	ErrSwapped = identity.ErrSwapped
)

// Compare compares one collection as [Run] does, but keeps no state and no
// matter what opts.Collections says. It may be given other servers than an
// [openidm.Client], such as one that shows less.
func Compare(ctx context.Context, source, target Server, collection Collection, opts Options) (CollectionReport,
	error) {
	if source == nil || target == nil {
		return CollectionReport{}, errors.New("comparing two servers: source or target is nil")
	}
	opts = opts.WithDefaults()
	opts.Collections = []Collection{collection}
	c := begin(ctx, [2]Server{source, target}, opts, nil)
	err := c.run(ctx, &Report{})
	return c.collections[0].report, err
}

// Server is what a comparison uses of an [openidm.Client].
type Server interface {
	QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error)
	QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) ([]byte, error)
	ParsePage(resource string, body []byte) (openidm.Page, error)
	Read(ctx context.Context, resource string, into any, fields ...string) error
}

// afterLastPage is a cookie after the last page.
const afterLastPage = "\x00"

// sides are how errors and reasons call the servers.
var sides = [2]string{"source", "target"}

// WithDefaults returns the options as [Run] uses them: what is zero replaced by
// its default, and what is too large by the limit.
func (o Options) WithDefaults() Options {
	if o.Collections == nil {
		o.Collections = DefaultCollections()
	}
	if o.Changes == nil {
		o.Changes = changes.Default()
	}
	if o.MaxDifferences <= 0 {
		o.MaxDifferences = 1000
	}
	o.MaxDifferences = min(o.MaxDifferences, 10_000)
	if o.Concurrency <= 0 {
		o.Concurrency = 4
	}
	o.Concurrency = min(o.Concurrency, 8)
	if o.PageSize <= 0 {
		o.PageSize = 500
	}
	o.PageSize = min(o.PageSize, 10_000)
	if o.round <= 0 {
		o.round = recordsPerRound
	}
	return o
}

// verifier compares one collection.
type verifier struct {
	servers    [2]Server
	opts       Options
	collection Collection
	changes    []changes.Change
	key        []byte
	absent     [2]bool // that server has no such collection
	plans      [2]plan
	limits     [2]ranges.Limits // of all collections together
	begun      [2]*ranges.Begun // that of a planned reading, or what holds of it for another
	refused    [2]error         // why that is not by ranges
	planned    chan struct{}    // closed then
	shown      bool             // there is something to compare
	planErr    error

	store  *stateStore
	number int // of the collection

	reading *firstread.Memory // while the first pass is under way
	state   [2]sync.Mutex     // held while something of a server is added to it
	readers [2]*ranges.Reader
	cookies [2]string          // of the next page
	rest    [2]savedSide       // what was left when the pass began
	again   [2]firstread.Again // what the second reading is about

	witnesses [2]firstread.Witness // of the first

	known  func() bool // that the servers are two, when that is asked; nil: they are
	said   *sync.Mutex // held while Progress runs
	counts [2]int64    // of this pass, under said
	total  int64       // of the source's that it will have, -1 unknown, under said
	guess  int64       // the same by the target's records, -1 unknown, under said
	pace   text.Pace   // under said
	report CollectionReport
}

func newVerifier(servers [2]Server, opts Options, collection Collection, key []byte, said *sync.Mutex) *verifier {
	return &verifier{
		servers: servers, opts: opts, collection: collection, key: key,
		said:   said,
		report: CollectionReport{Name: collection.Name, Resource: collection.Resource},
	}
}

func (v *verifier) run(ctx context.Context) error {
	saved := v.store.saved(v.number)
	if saved.Stage == stageNotBegun {
		<-v.planned
		if v.planErr != nil {
			return v.planErr
		}
		if v.report.Checked = v.shown; !v.shown {
			saved.Stage = stageFinished
		}
	} else {
		v.report, v.absent, v.plans, v.witnesses = saved.Report, saved.Absent, saved.Plans, saved.Witnesses
	}
	v.changes = v.opts.changesOf(v.report.Resource, v.collection.Ignore)
	if err := v.tooMany(); err != nil {
		return err
	}
	if saved.Stage != stageFinished {
		if err := v.compare(ctx, saved); err != nil {
			return err
		}
	}
	v.store.put(v.number, savedCollection{Stage: stageFinished, Report: v.report, Witnesses: v.witnesses}, nil)
	v.notify(func(p *Progress) {
		p.Done = true
		if r := &v.report; r.Checked { // the last pass may have been of a part
			p.Source, p.Target, p.Total, p.Left = r.SourceCount, r.TargetCount, r.SourceCount, 0
		}
	})
	return nil
}

func (v *verifier) compare(ctx context.Context, saved savedCollection) (err error) {
	if saved.Stage != stageComparing {
		saved.Suspects = &suspectSet{IDs: map[string]*suspect{}}
		if saved.Differing, err = v.first(ctx, saved); err != nil {
			return err
		}
	} else {
		v.again = saved.Again
		if saved.Suspects.IDs == nil { // as gob leaves an empty one
			saved.Suspects.IDs = map[string]*suspect{}
		}
	}
	note := func() {
		v.store.put(v.number, savedCollection{
			Stage: stageComparing, Report: v.report, Absent: v.absent, Plans: v.plans,
			Differing: saved.Differing, Suspects: saved.Suspects.copy(), Again: v.again, Witnesses: v.witnesses,
		}, nil)
	}
	for note(); len(saved.Differing) > 0; note() {
		if saved.Differing, err = v.second(ctx, saved.Differing, saved.Suspects); err != nil {
			return err
		}
	}
	if len(saved.Suspects.IDs) == 0 {
		return nil
	}
	return v.third(ctx, saved.Suspects)
}

func (v *verifier) notify(set func(*Progress)) {
	if v.known != nil && !v.known() || v.opts.Progress == nil {
		return
	}
	v.said.Lock()
	defer v.said.Unlock()
	p := Progress{Collection: v.collection.Name, Pass: v.report.Passes, Source: v.counts[0], Target: v.counts[1],
		Total: v.total}
	likely := p.Total
	if p.Total >= 0 {
		p.Total = max(p.Total, p.Source) // it grew since
	} else if p.Source < v.guess {
		likely = v.guess
	}
	p.Rate, p.Left = v.pace.Observe(time.Now(), fmt.Sprint(p.Pass), p.Source, likely)
	if set != nil {
		set(&p)
	}
	v.opts.Progress(p)
}
