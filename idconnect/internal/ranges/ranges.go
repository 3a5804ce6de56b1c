// Package ranges reads a collection of a server by ranges of _id, several at once:
// on servers that have an index of ids, each takes the same time wherever it lies,
// so that the whole is linear in the records.
//
// Ranges are a chain from the first id to the last. For any order of strings of
// the server the links of a chain hold every record; they hold it once if each
// bound is behind the one before, in the server's order. A link with a record in
// it proves that for its own bounds. Of a link without one it is asked for the
// reverse, which must be empty, too. So nothing is assumed about the order: a
// wrong guess is [ErrOrder], or costs a request.
package ranges

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Server is what is used of an [openidm.Client].
type Server interface {
	QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) ([]byte, error)
	ParsePage(resource string, body []byte) (openidm.Page, error)
	Read(ctx context.Context, resource string, into any, fields ...string) error
}

// Range is the ids behind From up to and with To, in the order of the server. An
// empty bound is open.
type Range struct{ From, To string }

// Filter is the range as a query filter; "" is everything.
func (r Range) Filter() string {
	var parts []string
	if r.From != "" {
		parts = append(parts, "_id gt "+Quote(r.From))
	}
	if r.To != "" {
		parts = append(parts, "_id le "+Quote(r.To))
	}
	return strings.Join(parts, " and ")
}

// Quote writes an id as a string of a query filter.
func Quote(id string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
}

// Askable reports whether an id can stand in a filter of every server.
func Askable(id string) bool {
	return id != "" && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl) &&
		len(url.QueryEscape(Quote(id))) <= maxFilter
}

var (
	// ErrOrder: the server orders ids otherwise than guessed, and records were
	// given twice. Read again with Careful.
	ErrOrder = errors.New("the server orders ids in another way")
	// ErrNoRanges: the server cannot be read by ranges, or would not be the
	// faster for it. The text says why.
	ErrNoRanges = errors.New("not by ranges")
)

// Sizes of ranges, in records; a page asks for one more. An answer has at most maxBytes, and
// those in flight at one server flightBytes.
const (
	maxSize     = 9999
	maxBytes    = 2 << 20
	flightBytes = 8 << 20
	growth      = 8 // of the size that was asked for, at most
)

// Reader reads one collection of one server. Its fields are set before [Reader.Run].
type Reader struct {
	Server   Server
	Resource string
	// Size is the number of records of a range at first, Concurrency how many
	// ranges are in flight.
	Size, Concurrency int
	// Careful bounds are ids that the server gave for the range that they split,
	// whatever its order. It takes twice as long.
	Careful bool
	// Rest is what an earlier reading left; nil: everything.
	Rest []Range
	// Begun is what [Reader.Begin] found out; nil: Run does so first.
	Begun *Begun
	Limits
	// Total, unless nil, is told how many records there are, where the server
	// counts.
	Total func(records int64)

	// Plan says how the collection is read, and why.
	Plan string

	mu      sync.Mutex
	cond    *sync.Cond
	queue   []*segment
	open    map[*segment]Range // what was not taken yet of it
	busy    int
	size    int
	most    int // records that the server gives at most, 0 unknown
	short   int // of the last answer that was short
	weight  int // bytes of a record in the last answer, 0 unknown
	failure error
	cancel  context.CancelFunc
	answers chan *Answer
	free    chan *digest.Body
}

// Answer is the records of a range.
type Answer struct {
	Body  *digest.Body
	Range Range
	Count int

	from *segment
	last bool // of its segment
	over bool // there is more
	// short: it is over, and has fewer records than were asked for.
	short bool
	took  time.Duration
}

// segment is a part of the chain that one worker reads, from its beginning.
type segment struct {
	Range
	shape   shape
	density float64 // records per unit of its shape, 0 unknown
	least   float64 // what is before is empty, it is guessed
	top     float64 // and what is behind; 0 unknown
	reach   int     // how often there was more
	large   bool    // it has more than one range
	pivot   string
	tries   int
	voids   int // ranges in a row with nothing in them
	refused int // and that the server refused
	size    int // of the next range at most, while its density is not known
	wide    int // size of the next range, 0: that of the reader
}

// prepare completes the fields that the caller left.
func (r *Reader) prepare() {
	r.Concurrency = max(r.Concurrency, 1)
	r.size = min(max(r.Size, 2), r.Rate.most())
	if r.Gate == nil {
		r.Gate = NewGate(r.Concurrency)
	}
}

// Run reads the ranges and hands each answer to take, one at a time. After take
// returned, the range is none of those of [Reader.Left]; take may call
// [Reader.Took] itself, within a lock of its own.
func (r *Reader) Run(ctx context.Context, take func(*Answer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.prepare()
	r.mu.Lock()
	r.cond = sync.NewCond(&r.mu)
	r.queue, r.failure, r.busy, r.cancel = nil, nil, 0, cancel
	whole := &segment{}
	r.open = map[*segment]Range{whole: {}}
	if r.Rest != nil {
		r.open = map[*segment]Range{}
		r.enqueue(r.Rest)
	}
	r.mu.Unlock()
	if r.Rest != nil && len(r.Rest) == 0 {
		return nil
	}
	b, err := r.Begun, error(nil)
	if b == nil {
		if b, err = r.Begin(ctx); err != nil {
			return err
		}
		r.Begun = b
	}
	if r.Total != nil && b.Total > 0 {
		r.Total(b.Total)
	}
	if a := b.whole; a != nil && r.Rest == nil {
		r.Plan, a.from, a.last = b.Plan, whole, true
		if err := take(a); err != nil {
			return err
		}
		r.Took(a)
		return nil
	}
	r.answers = make(chan *Answer, 1)
	r.free = make(chan *digest.Body, r.Concurrency+1)
	for range cap(r.free) {
		r.free <- &digest.Body{}
	}
	r.mu.Lock()
	r.queue, r.open = nil, map[*segment]Range{}
	r.start(b)
	r.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { r.fail(context.Cause(ctx)) })
	defer stop()
	go func() {
		defer close(r.answers)
		r.work(ctx)
	}()
	for a := range r.answers {
		if err == nil {
			if err = take(a); err != nil {
				r.fail(err)
			} else {
				r.Took(a)
			}
		}
		r.give(a.Body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = r.failure
	}
	return err
}

// give puts a body back for the next answer.
func (r *Reader) give(b *digest.Body) {
	if r.free != nil {
		r.free <- b
	}
}

// Took notes that the records of an answer were taken.
func (r *Reader) Took(a *Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest, ok := r.open[a.from]
	switch {
	case !ok: // taken already
	case a.last:
		delete(r.open, a.from)
	default:
		rest.From = a.Range.To
		r.open[a.from] = rest
	}
}

// Left is what was not taken yet: a reading with it as Rest goes on here.
func (r *Reader) Left() []Range {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil && r.Rest == nil {
		return []Range{{}}
	}
	if r.open == nil {
		return r.Rest
	}
	left := make([]Range, 0, len(r.open))
	for _, rest := range r.open {
		left = append(left, rest)
	}
	return left
}

func (r *Reader) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == nil {
		r.failure = err
	}
	r.cancel()
	r.cond.Broadcast()
}

// enqueue makes segments of the links of a chain.
func (r *Reader) enqueue(chain []Range) {
	for _, link := range chain {
		s := &segment{Range: link}
		r.open[s] = link
		r.queue = append(r.queue, s)
	}
}

func short(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
