package idconnect

import (
	"context"
	"crypto/rand"
	"hash/maphash"
	"net/url"
	"sync"
	"time"

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
	// Progress is told about every few thousand records, the end of each pass
	// and of each collection; nil: nobody. Calls do not overlap.
	Progress func(VerifyProgress)

	round int // for tests: verifyRound
}

// VerifyProgress is where a comparison stands.
type VerifyProgress struct {
	Collection string // the Name of the collection
	Pass       int    // 1 is the first reading; more only where differences were seen
	Source     int64  // records read of the source in this pass
	Target     int64  // and of the target
	Done       bool   // the collection is finished
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
// A collection that one of the servers does not have is no error, see
// [CollectionReport]. An error is what keeps a server from being read at all:
// it does not answer, refuses the credentials, or fails midway; the report
// then holds the collections that were finished.
func Verify(ctx context.Context, source, target *openidm.Client, opts VerifyOptions) (*VerifyReport, error) {
	return verifyServers(ctx, [2]verifyServer{source, target}, [2]string{verifyURL(source.BaseURL), verifyURL(target.BaseURL)}, opts)
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

func verifyServers(ctx context.Context, servers [2]verifyServer, urls [2]string, opts VerifyOptions) (*VerifyReport, error) {
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
	key := make([]byte, 32)
	rand.Read(key) // never fails
	report := &VerifyReport{Source: urls[0], Target: urls[1], Started: time.Now()}

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

	reading *verifyFirst  // while the first pass is under way
	state   [2]sync.Mutex // held while something of a server is added to it
	ranged  bool          // what differs is read again by ranges of ids

	said   *sync.Mutex // held while Progress runs
	counts [2]int64    // of this pass, under said
	report CollectionReport
}

func (v *verifier) run(ctx context.Context) error {
	if ok, err := v.choose(ctx); err != nil {
		return err
	} else if ok {
		v.report.Checked = true
		if err := v.compare(ctx); err != nil {
			return err
		}
	}
	v.tell(func(p *VerifyProgress) { p.Done = true })
	return nil
}

func (v *verifier) compare(ctx context.Context) error {
	differing, err := v.first(ctx)
	if err != nil || len(differing) == 0 {
		return err
	}
	suspects := &verifySuspects{ids: map[string]*verifySuspect{}}
	for len(differing) > 0 {
		if differing, err = v.second(ctx, differing, suspects); err != nil {
			return err
		}
	}
	if len(suspects.ids) == 0 {
		return nil
	}
	return v.third(ctx, suspects)
}

func (v *verifier) tell(set func(*VerifyProgress)) {
	if v.opts.Progress == nil {
		return
	}
	v.said.Lock()
	defer v.said.Unlock()
	p := VerifyProgress{Collection: v.collection.Name, Pass: v.report.Passes, Source: v.counts[0], Target: v.counts[1]}
	if set != nil {
		set(&p)
	}
	v.opts.Progress(p)
}
