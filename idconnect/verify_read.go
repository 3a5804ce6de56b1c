package idconnect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// verifyBatch is how many records are handed over, and told, at once.
	verifyBatch = 256
	// verifyMaxRecords limits what is read of one collection of one server: an
	// endless list of pages ends somewhere.
	verifyMaxRecords = 200_000_000
	verifyMaxPages   = 1_000_000
)

// verifyAccess is what a server lets us see of a collection.
type verifyAccess int

const (
	verifyEmpty   verifyAccess = iota // there, without a record
	verifyFilled                      // there
	verifyAbsent                      // the server does not know it
	verifyRefused                     // the server does not show it
)

// choose finds the path under which both servers show the collection and
// reports whether there is something to compare.
func (v *verifier) choose(ctx context.Context) (bool, error) {
	resources := []string{v.collection.Resource}
	if managed, ok := strings.CutPrefix(v.collection.Resource, "repo/managed/"); ok {
		resources = append(resources, "managed/"+managed)
	}
	var access [2]verifyAccess
	var why [2]string
	for n, resource := range resources {
		var a [2]verifyAccess
		var w [2]string
		for side := range v.servers {
			var err error
			if a[side], w[side], err = v.probe(ctx, side, resource); err != nil {
				return false, err
			}
		}
		shown := a[0] <= verifyFilled && a[1] <= verifyFilled
		if shown && n > 0 {
			v.report.Reason = fmt.Sprintf("%s was compared: %s", resource, verifyWhy(resources[0], why))
		}
		// Where neither path is shown by both, the one in which the source
		// has records tells more.
		if n == 0 || shown || access[0] != verifyFilled && a[0] == verifyFilled {
			v.report.Resource, access, why = resource, a, w
		}
		if shown {
			return true, nil
		}
	}
	switch reason := verifyWhy(v.report.Resource, why); {
	case access[0] == verifyFilled && access[1] == verifyAbsent:
		v.absent[1] = true
		v.report.Reason = reason
		return true, nil
	case access[0] == verifyEmpty && access[1] == verifyAbsent:
		v.report.Reason = reason + ", and the source has no record in it"
	default:
		v.report.Blocked = access[0] == verifyFilled || access[0] == verifyRefused && access[1] == verifyFilled
		v.report.Reason = reason
	}
	return false, nil
}

// verifyWhy says which servers do not show a resource, and why.
func verifyWhy(resource string, why [2]string) string {
	var parts []string
	for side, w := range why {
		if w != "" {
			parts = append(parts, fmt.Sprintf("the %s does not show %s (%s)", verifySides[side], resource, w))
		}
	}
	return strings.Join(parts, ", ")
}

// probe asks for one record. Which codes a server answers for a collection
// that it does not have differs between versions and repositories: 404 and 400
// are measured, 405 and 501 assumed.
func (v *verifier) probe(ctx context.Context, side int, resource string) (verifyAccess, string, error) {
	page, err := v.servers[side].QueryPage(ctx, resource, openidm.Query{PageSize: 1}, "")
	if err == nil {
		if len(page.Result) == 0 {
			return verifyEmpty, "", nil
		}
		return verifyFilled, "", nil
	}
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
		return verifyAbsent, why, nil
	case http.StatusForbidden, http.StatusInternalServerError:
		return verifyRefused, why, nil
	}
	return 0, "", v.failed(side, err)
}

func (v *verifier) failed(side int, err error) error {
	return fmt.Errorf("comparing %s, reading the %s: %w", v.collection.Name, verifySides[side], err)
}

// pass reads the whole collection on both servers at once and hands every
// record, in batches, to use: at most one call at a time for each server.
func (v *verifier) pass(ctx context.Context, use func(side int, batch []json.RawMessage) error) error {
	v.report.Passes++
	v.said.Lock()
	v.counts = [2]int64{}
	v.said.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	for side := range v.servers {
		go func() {
			err := v.passSide(ctx, side, use)
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
	v.tell(nil)
	return first
}

// passSide fetches in one goroutine and uses in another, so that hashing costs
// no time in which nothing is asked for.
func (v *verifier) passSide(ctx context.Context, side int, use func(int, []json.RawMessage) error) error {
	if v.absent[side] {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan []json.RawMessage, 2)
	fetched := make(chan error, 1)
	go func() {
		defer close(batches)
		fetched <- v.fetch(ctx, side, batches)
	}()
	var err error
	var n int64
	for batch := range batches {
		if err != nil {
			continue // until the fetching has noticed
		}
		if n += int64(len(batch)); n > verifyMaxRecords {
			err = v.failed(side, fmt.Errorf("%s has more than %d records", v.report.Resource, verifyMaxRecords))
		} else {
			err = use(side, batch)
		}
		if err != nil {
			cancel()
			continue
		}
		v.said.Lock()
		v.counts[side] = n
		v.said.Unlock()
		if n/verifyBatch%16 == 0 {
			v.tell(nil)
		}
	}
	cancel()
	if fetchErr := <-fetched; err == nil {
		err = fetchErr
	}
	return err
}

// fetch pages by itself: [openidm.Client.Query] keeps what it needs to leave
// out a record that comes twice, and here that is to be seen.
func (v *verifier) fetch(ctx context.Context, side int, batches chan<- []json.RawMessage) error {
	query := openidm.Query{PageSize: v.opts.PageSize, SortKeys: v.opts.SortKeys}
	cookies := map[uint64]bool{}
	for cookie := ""; ; {
		page, err := v.servers[side].QueryPage(ctx, v.report.Resource, query, cookie)
		if err != nil {
			return v.failed(side, err)
		}
		for batch := range slices.Chunk(page.Result, verifyBatch) {
			select {
			case batches <- batch:
			case <-ctx.Done():
				return v.failed(side, ctx.Err())
			}
		}
		if cookie = page.Cookie; cookie == "" {
			return nil
		}
		h := maphash.String(v.seed, cookie)
		if cookies[h] || len(cookies) >= verifyMaxPages {
			return v.failed(side, fmt.Errorf("reading %s: %w", v.report.Resource, openidm.ErrPaging))
		}
		cookies[h] = true
	}
}
