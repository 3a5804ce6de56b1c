package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// progressEvery is the number of records between two calls of Progress.
	progressEvery = 4096
	// maxRecords limits what is read of one collection of one server: an
	// endless list of pages ends somewhere.
	maxRecords = 200_000_000
)

// accessLevel is what a server lets us see of a collection.
type accessLevel int

const (
	accessEmpty   accessLevel = iota // there, without a record
	accessFilled                     // there
	accessAbsent                     // the server does not know it
	accessRefused                    // the server does not show it
)

// choose finds the path under which both servers show the collection and
// reports whether there is something to compare.
func (v *verifier) choose(ctx context.Context) (bool, error) {
	resources := []string{v.collection.Resource}
	if managed, ok := strings.CutPrefix(v.collection.Resource, "repo/managed/"); ok {
		resources = append(resources, "managed/"+managed)
	}
	var access [2]accessLevel
	var why [2]string
	for n, resource := range resources {
		var seen [2]glance
		var both sync.WaitGroup
		for side := range v.servers {
			both.Go(func() { seen[side] = v.glance(ctx, side, resource) })
		}
		both.Wait()
		for _, g := range seen {
			if g.err != nil {
				return false, g.err
			}
		}
		shown := seen[0].access <= accessFilled && seen[1].access <= accessFilled
		if shown && n > 0 {
			v.report.Reason = fmt.Sprintf("%s was compared: %s", resource, notShown(resources[0], why))
		}
		// Where neither path is shown by both, the one in which the source
		// has records tells more.
		if n == 0 || shown || access[0] != accessFilled && seen[0].access == accessFilled {
			v.report.Resource = resource
			for side, g := range seen {
				access[side], why[side], v.begun[side], v.refused[side] = g.access, g.why, g.begun, g.refused
			}
		}
		if shown {
			return true, nil
		}
	}
	switch reason := notShown(v.report.Resource, why); {
	case access[0] == accessFilled && access[1] == accessAbsent:
		v.absent[1] = true
		v.report.Reason = reason
		return true, nil
	case access[0] == accessAbsent && access[1] != accessRefused && v.opts.mayLack(v.collection):
		v.report.Absent, v.report.Reason = true, reason
	case access[0] == accessEmpty && access[1] == accessAbsent:
		v.report.Reason = reason + ", and the source has no record in it"
	default:
		v.report.Blocked = access[0] == accessFilled || access[0] == accessRefused && access[1] == accessFilled
		v.report.Reason = reason
	}
	return false, nil
}

// notShown says which servers do not show a resource, and why.
func notShown(resource string, why [2]string) string {
	var parts []string
	for side, w := range why {
		if w != "" {
			parts = append(parts, fmt.Sprintf("the %s does not show %s (%s)", sides[side], resource, w))
		}
	}
	return strings.Join(parts, ", ")
}

// glance is what a first look at a collection of a server shows.
type glance struct {
	access  accessLevel
	why     string // it is not shown
	begun   *ranges.Begun
	refused error // why not by ranges
	err     error
}

// glance begins to read. Versions and repositories answer with different codes for a
// collection that they do not have: 404 and 400 are measured, 405 and 501 assumed.
func (v *verifier) glance(ctx context.Context, side int, resource string) (g glance) {
	empty, err := false, error(nil)
	if v.opts.SortKeys != nil {
		err = v.limits[side].Do(ctx, 1, func() (int, error) {
			query := openidm.Query{PageSize: 1, SortKeys: v.opts.SortKeys}
			page, err := v.servers[side].QueryPage(ctx, resource, query, "")
			empty = len(page.Result) == 0
			return len(page.Result), err
		})
	} else if g.begun, err = v.reader(side, resource).Begin(ctx); errors.Is(err, ranges.ErrNoRanges) {
		g.refused, err = err, nil
	} else if err == nil {
		empty = g.begun.Empty()
	}
	switch {
	case err != nil:
		g.access, g.why, g.err = v.accessOf(ctx, side, err)
	case !empty:
		g.access = accessFilled
	}
	return g
}

// accessOf is what an error says of a collection.
func (v *verifier) accessOf(ctx context.Context, side int, err error) (accessLevel, string, error) {
	var answer *openidm.Error
	if !errors.As(err, &answer) || ctx.Err() != nil {
		return 0, "", v.failed(side, err)
	}
	why := fmt.Sprintf("%d %s", answer.Code, http.StatusText(answer.Code))
	switch answer.Code {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		if errors.Is(err, openidm.ErrNotOpenIDM) || errors.Is(err, openidm.ErrUnavailable) {
			break // the web server, or another one, and not OpenIDM
		}
		return accessAbsent, why, nil
	case http.StatusForbidden, http.StatusInternalServerError:
		return accessRefused, why, nil
	}
	return 0, "", v.failed(side, err)
}

func (v *verifier) failed(side int, err error) error {
	return fmt.Errorf("comparing %s, reading the %s: %w", v.collection.Name, sides[side], err)
}

// usePage takes a page of one server and says how many records it had. It calls
// took once they count, within the lock of what it keeps.
type usePage func(side int, b *digest.Body, took func()) (int, error)

// errAgain: a side must be read in another way, after it gave something.
var errAgain = errors.New("to be read in another way")

// pass reads the whole collection on both servers at once and hands every page
// to use: one at a time for each server. Begin is called before, and again where
// a server turns out to need another way of reading; rest is what is left of an
// earlier reading.
func (v *verifier) pass(ctx context.Context, begin func() (rest [2]savedSide), use usePage) error {
	for {
		v.addPasses(1)
		err := v.both(ctx, begin(), use)
		if !errors.Is(err, errAgain) || ctx.Err() != nil {
			return err
		}
		v.addPasses(-1)
	}
}

// both reads both servers, after what was read before.
func (v *verifier) both(ctx context.Context, rest [2]savedSide, use usePage) error {
	v.said.Lock()
	v.counts, v.total = [2]int64{rest[0].Count, rest[1].Count}, -1
	v.guess = -1
	if v.report.SourceCount > 0 {
		v.total = v.report.SourceCount // it was read before
		if rest[0].Begun {
			v.total = rest[0].Expected
		}
	}
	v.said.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	for side := range v.servers {
		go func() {
			err := v.passSide(ctx, side, rest[side], use)
			if err == nil {
				v.ended(side)
			}
			failed <- err // before the other side fails for it
			if err != nil {
				cancel()
			}
		}()
	}
	first := <-failed
	if second := <-failed; first == nil {
		first = second
	}
	v.notify(nil)
	return first
}

// ended notes how many records a side had.
func (v *verifier) ended(side int) {
	v.said.Lock()
	defer v.said.Unlock()
	if side == 0 {
		v.total = v.counts[0]
	} else {
		v.guess = v.counts[1]
	}
}

// counted notes records of a page that was used, in all n before it.
func (v *verifier) counted(side, used int, n *int64) error {
	before := *n
	if *n += int64(used); *n > maxRecords {
		return v.failed(side, fmt.Errorf("%s has more than %d records", v.report.Resource, maxRecords))
	}
	v.said.Lock()
	v.counts[side] += int64(used)
	v.said.Unlock()
	if before/progressEvery != *n/progressEvery {
		v.notify(nil)
	}
	return nil
}

func (v *verifier) passPages(ctx context.Context, side int, cookie string, use usePage) error {
	if cookie == afterLastPage {
		return nil
	}
	var n int64
	var using error // that has its words already
	err := v.pages(side).Run(ctx, cookie, func(b *digest.Body) (used int, err error) {
		next := b.Next
		if used, err = use(side, b, func() { v.setCookie(side, next) }); err == nil {
			err = v.counted(side, used, &n)
		}
		using = err
		return used, err
	})
	if err != nil && using == nil {
		err = v.failed(side, err)
	}
	return err
}

// pages reads a server page by page.
func (v *verifier) pages(side int) *ranges.Pages {
	return &ranges.Pages{Server: v.servers[side], Resource: v.report.Resource, Size: v.opts.PageSize,
		Sort: v.plans[side].Sort, Limits: v.limits[side]}
}

// each reads the records of a page one by one, for the passes in which few of
// them matter.
func (v *verifier) each(side int, b *digest.Body, use func(raw json.RawMessage) error) (int, error) {
	page, err := v.servers[side].ParsePage(v.report.Resource, b.Text())
	if err != nil {
		return 0, v.failed(side, err)
	}
	for _, raw := range page.Result {
		if err := use(raw); err != nil {
			return 0, err
		}
	}
	return len(page.Result), nil
}
