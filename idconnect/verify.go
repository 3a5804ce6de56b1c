package idconnect

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/url"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// VerifyOptions says what [Verify] compares and within which limits. The zero
// value compares [DefaultCollections] and opens no encrypted value.
type VerifyOptions struct {
	// Collections to compare; nil: [DefaultCollections].
	Collections []Collection
	// Keys opens encrypted values, so that a value which the target encrypted
	// anew is compared by what it holds. Without it, equal ciphertext is equal
	// and different ciphertext is counted as not checked. Nothing that was
	// decrypted leaves the store.
	Keys *keystore.Store
	// PageSize is how many records one request asks for; 0: 500, at most
	// 10,000.
	PageSize int
	// Concurrency is how many collections are compared at once, each with one
	// request in flight per server; 0: 1, at most 8. Each costs the memory
	// that [Verify] names.
	Concurrency int
	// MaxDifferences limits each list of a [CollectionReport]; 0: 1000, at
	// most 10,000. The counts beside the lists are not limited.
	MaxDifferences int
	// SortKeys orders the queries, as in "_id" or "-userName"; nil: "_id", and
	// where a server refuses that its own order, which it must keep from page
	// to page.
	SortKeys []string
	// Values adds to the report what is in the members that differ: personal
	// data, perhaps. What is encrypted on one of the servers, or whose name is
	// that of a secret, is never shown.
	Values bool
	// Tabs says where the looks at the vendor's tabs look, and which are made;
	// the zero value makes all, by what is assumed.
	Tabs TabChecks
	// StateFile, unless "", keeps where the comparison stands, so that the same
	// call goes on after an interruption, however the process ended: it is
	// written every ten seconds or so, whole or not at all, and removed when
	// the comparison is done. Servers, accounts and options must be the same,
	// else it begins anew; so does a collection that a server does not give in
	// the order of the ids. The file is encrypted with the passwords of both
	// accounts, so that only who may read the servers can make anything of it.
	StateFile string
	// Progress is told about every few thousand records, the end of each pass
	// and of each collection; nil: nobody. Calls do not overlap.
	Progress func(VerifyProgress)

	// For tests: verifyRound, verifyStateEvery and verifyStateCost.
	round      int
	stateEvery time.Duration
	stateCost  int
}

// VerifyProgress is where a comparison stands.
type VerifyProgress struct {
	Collection string // the Name of the collection
	Pass       int    // 1 is the first reading; more only where differences were seen
	Source     int64  // records read of the source in this pass
	Target     int64  // and of the target
	Done       bool   // the collection is finished
	// Total is how many records of the source this pass will read, -1 while
	// that is not known: most servers do not count. Rate is in records of the
	// source a second, 0 while unknown, and Left how long the rest of the pass
	// takes at that rate, -1 while unknown.
	Total int64
	Rate  float64
	Left  time.Duration
}

// Verify compares the collections of two servers, record by record, by id and
// content, and returns what differs; see [VerifyReport.Same] for the verdict.
// Both servers are read at once and only read.
//
// Content is JSON in the form of RFC 8785, so that the order of members, the
// spelling of numbers and space do not matter. A member that is null differs
// from one that is not there. Encrypted values are compared as
// [VerifyOptions].Keys says.
//
// The first reading keeps sums of hashes: some megabytes for each collection
// that is compared at the time, however large it is, and some 20 MiB where a
// server does not give its records in the order of their ids, which is asked
// for. Where the sums differ, the records are read again: by ranges of _id,
// where both servers filter and sort by it, which is found out by asking for a
// range that is known; else in as many readings of everything as keep the
// memory low. What still differs then is read once more before it is reported:
// a collection that changes meanwhile gives no false alarm, as far as the
// lists go. What is beyond VerifyOptions.MaxDifferences is counted after the
// second reading. An id that stands twice on both servers alike is found; where
// the order is another one, up to 8 million records.
//
// Then come the looks with which the vendor's procedure ends, as far as a
// program can take them, see [TabChecks], and the records that failed in the
// target's reconciliations. What a server does not show is not checked.
//
// A collection that one of the servers does not have is no error, see
// [CollectionReport]. An error is what keeps a server from being read at all:
// it does not answer, refuses the credentials, or fails midway; the report
// then holds the collections that were finished.
func Verify(ctx context.Context, source, target *openidm.Client, opts VerifyOptions) (*VerifyReport, error) {
	a, b := source.Credentials, target.Credentials
	urls, users := [2]string{verifyURL(source.BaseURL), verifyURL(target.BaseURL)}, [2]string{a.Username, b.Username}
	var secret []byte
	if opts.StateFile != "" && !a.Password.IsZero() && !b.Password.IsZero() {
		secret = fmt.Appendf(nil, "%q %q", a.Password.Reveal(), b.Password.Reveal())
	}
	verifyDefaults(&opts)
	if err := opts.Tabs.validate(); err != nil {
		return nil, err
	}
	store, err := openVerifyStore(urls, users, secret, opts)
	if err != nil {
		return nil, err
	}
	report, err := verifyServers(ctx, [2]verifyServer{source, target}, urls, opts, store)
	if err == nil {
		t := newTabs([2]tabServer{source, target}, opts, store.key(), report)
		t.secrets = []string{a.Password.Reveal(), b.Password.Reveal()}
		err = t.look(ctx)
		report.Ended = time.Now()
	}
	return report, store.end(err)
}

// verifyURL leaves out what may be secret.
func verifyURL(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// verifyServer is what is used of an [openidm.Client].
type verifyServer interface {
	QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error)
	QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) ([]byte, error)
	ParsePage(resource string, body []byte) (openidm.Page, error)
	Read(ctx context.Context, resource string, into any, fields ...string) error
}

// verifyEnd is a cookie after the last page.
const verifyEnd = "\x00"

// verifySides are how errors and reasons call the servers.
var verifySides = [2]string{"source", "target"}

func verifyDefaults(opts *VerifyOptions) {
	if opts.Collections == nil {
		opts.Collections = DefaultCollections()
	}
	if opts.MaxDifferences <= 0 {
		opts.MaxDifferences = 1000
	}
	opts.MaxDifferences = min(opts.MaxDifferences, 10_000)
	opts.Concurrency = min(max(opts.Concurrency, 1), 8)
	if opts.PageSize <= 0 {
		opts.PageSize = 500
	}
	opts.PageSize = min(opts.PageSize, 10_000)
	if opts.round <= 0 {
		opts.round = verifyRound
	}
}

// verifyServers needs its options complete; store may be nil.
func verifyServers(ctx context.Context, servers [2]verifyServer, urls [2]string, opts VerifyOptions, store *verifyStore) (*VerifyReport, error) {
	report := &VerifyReport{Source: urls[0], Target: urls[1], Started: time.Now(), Resumed: store.resumes()}
	key := store.key()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		progress sync.Mutex
		all      sync.WaitGroup
		slots    = make(chan struct{}, opts.Concurrency)
		done     = make([]bool, len(opts.Collections))
		reports  = make([]CollectionReport, len(opts.Collections))
	)
	for i, collection := range opts.Collections {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			v := &verifier{
				servers: servers, opts: opts, collection: collection, key: key, seed: maphash.MakeSeed(), said: &progress,
				store: store, number: i,
				report: CollectionReport{Name: collection.Name, Resource: collection.Resource},
			}
			if err := v.run(ctx); err != nil {
				cancel(err) // the first one counts
				return
			}
			reports[i], done[i] = v.report, true
		})
	}
	all.Wait()
	for i := range reports {
		if done[i] {
			report.Collections = append(report.Collections, reports[i])
		}
	}
	report.Ended = time.Now()
	return report, context.Cause(ctx)
}

// verifier compares one collection.
type verifier struct {
	servers    [2]verifyServer
	opts       VerifyOptions
	collection Collection
	key        []byte
	seed       maphash.Seed
	absent     [2]bool     // that server has no such collection
	sort       [2][]string // the order that is asked for

	store  *verifyStore
	number int // of the collection

	reading *verifyFirst  // while the first pass is under way
	state   [2]sync.Mutex // held while something of a server is added to it
	ranged  bool          // what differs is read again by ranges of ids

	said   *sync.Mutex // held while Progress runs
	counts [2]int64    // of this pass, under said
	total  int64       // that it will have, -1 unknown, under said
	pace   text.Pace   // under said
	report CollectionReport
}

func (v *verifier) run(ctx context.Context) error {
	saved := v.store.saved(v.number)
	if saved.Stage == verifyNotBegun {
		ok, err := v.choose(ctx)
		if err != nil {
			return err
		}
		v.report.Checked = ok
		if !ok {
			saved.Stage = verifyFinished
		}
	} else {
		v.report, v.absent, v.sort = saved.Report, saved.Absent, saved.Sort
	}
	if saved.Stage != verifyFinished {
		if err := v.compare(ctx, saved); err != nil {
			return err
		}
	}
	v.store.put(v.number, verifySaved{Stage: verifyFinished, Report: v.report}, nil)
	v.tell(func(p *VerifyProgress) { p.Done = true })
	return nil
}

func (v *verifier) compare(ctx context.Context, saved verifySaved) (err error) {
	if saved.Stage != verifyComparing {
		saved.Suspects = &verifySuspects{IDs: map[string]*verifySuspect{}}
		if saved.Differing, err = v.first(ctx, saved); err != nil {
			return err
		}
	} else {
		v.ranged = saved.Ranged
		if saved.Suspects.IDs == nil { // as gob leaves an empty one
			saved.Suspects.IDs = map[string]*verifySuspect{}
		}
	}
	note := func() {
		v.store.put(v.number, verifySaved{
			Stage: verifyComparing, Report: v.report, Absent: v.absent, Sort: v.sort,
			Ranged: v.ranged, Differing: saved.Differing, Suspects: saved.Suspects.copy(),
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

func (v *verifier) tell(set func(*VerifyProgress)) {
	if v.opts.Progress == nil {
		return
	}
	v.said.Lock()
	defer v.said.Unlock()
	p := VerifyProgress{Collection: v.collection.Name, Pass: v.report.Passes, Source: v.counts[0], Target: v.counts[1], Total: v.total}
	p.Rate, p.Left = v.pace.Observe(time.Now(), fmt.Sprint(p.Pass), p.Source, p.Total)
	if set != nil {
		set(&p)
	}
	v.opts.Progress(p)
}
