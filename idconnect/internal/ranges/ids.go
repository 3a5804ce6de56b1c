package ranges

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// maxFilter is the length of a filter as it stands in an address, which may have a few
// thousand bytes. A bound is at most as long, and a range has two.
const maxFilter = 2500

// ByIDs reads single records, many with one request. Read is given each answer with
// the ids that were asked for: a server may take others for the same. It is
// [ErrNoRanges] where an id cannot stand in a filter, or the server refuses it.
func (r *Reader) ByIDs(ctx context.Context, ids []string, read func(b *digest.Body, ids []string) (int,
	error)) error {
	r.prepare()
	for len(ids) > 0 {
		filter, length, n := "", 0, 0
		for ; n < len(ids); n++ {
			if !Askable(ids[n]) {
				return fmt.Errorf("%w: an id cannot stand in a filter", ErrNoRanges)
			}
			term := "_id eq " + Quote(ids[n])
			if n > 0 {
				term = " or " + term
			}
			if length += len(url.QueryEscape(term)); n > 0 && length > maxFilter {
				break
			}
			filter += term
		}
		if err := r.records(ctx, filter, ids[:n], read); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func (r *Reader) records(ctx context.Context, filter string, ids []string, read func(b *digest.Body,
	ids []string) (int, error)) error {
	query := openidm.Query{PageSize: r.Size, Filter: filter}
	var pages openidm.Pages
	for cookie := ""; ; {
		b := &digest.Body{}
		err := r.again(ctx, retries, func() error {
			return r.Do(ctx, len(ids), func() (int, error) {
				return readPage(ctx, r.Server, r.Resource, query, cookie, b)
			})
		})
		if refused := refusal(ctx, err); refused != nil {
			return refused
		}
		if err != nil {
			return err
		}
		used, err := read(b, ids)
		if err == nil {
			err = pages.Next(b.Next, used)
		}
		if cookie = b.Next; err != nil || cookie == "" {
			return err
		}
	}
}

// Singly reads records one by one, several at once, and hands those that the server has
// to read, one at a time. A server that cannot be read so is asked no further.
func (r *Reader) Singly(ctx context.Context, ids []string, read func(id string, record json.RawMessage)) error {
	r.prepare()
	var all sync.WaitGroup
	var mute atomic.Bool
	next := make(chan string)
	for range r.Concurrency {
		all.Go(func() {
			for id := range next {
				if mute.Load() || ctx.Err() != nil {
					continue
				}
				var raw json.RawMessage
				err := r.again(ctx, retries, func() error {
					return r.Do(ctx, 1, func() (int, error) {
						return 1, r.Server.Read(ctx, r.Resource+"/"+url.PathEscape(id), &raw)
					})
				})
				var answer *openidm.Error
				switch {
				case err == nil:
					r.mu.Lock()
					read(id, raw)
					r.mu.Unlock()
				case !errors.As(err, &answer) || !slices.Contains(ofRecord, answer.Code):
					mute.Store(true)
				}
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	all.Wait()
	return ctx.Err()
}

// ofRecord are answers that say nothing of other records.
var ofRecord = []int{http.StatusNotFound, http.StatusBadRequest, http.StatusRequestURITooLong}

// idsOf are the ids of an answer, as far as its records have one.
func idsOf(server digest.Parser, resource string, answer []byte) (ids []string, err error) {
	page, err := server.ParsePage(resource, answer)
	for _, raw := range page.Result {
		var record struct {
			ID string `json:"_id"`
		}
		if json.Unmarshal(raw, &record) == nil && record.ID != "" {
			ids = append(ids, record.ID)
		}
	}
	return ids, err
}
