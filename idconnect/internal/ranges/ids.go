package ranges

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// maxFilter is the length of a filter: an address may have a few thousand bytes.
const maxFilter = 1500

// ByIDs reads single records, many with one request. Read is given each answer with
// the ids that were asked for: a server may take others for the same. It is
// [ErrNoRanges] where an id cannot stand in a filter, or the server refuses it.
func (r *Reader) ByIDs(ctx context.Context, ids []string, read func(b *digest.Body, ids []string) (int,
	error)) error {
	for len(ids) > 0 {
		var filter strings.Builder
		n := 0
		for ; n < len(ids) && (n == 0 || filter.Len()+len(ids[n]) < maxFilter); n++ {
			if !Askable(ids[n]) {
				return fmt.Errorf("%w: an id cannot stand in a filter", ErrNoRanges)
			}
			if n > 0 {
				filter.WriteString(" or ")
			}
			filter.WriteString("_id eq " + Quote(ids[n]))
		}
		if err := r.records(ctx, filter.String(), ids[:n], read); err != nil {
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
		if err := r.Rate.Wait(ctx, len(ids)); err != nil {
			return err
		}
		answer, err := r.Server.QueryBody(ctx, r.Resource, query, cookie, nil)
		if errors.As(err, new(*openidm.Error)) && !errors.Is(err, openidm.ErrUnavailable) && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", ErrNoRanges, err)
		}
		if err != nil {
			return err
		}
		b := &digest.Body{}
		b.Set(answer)
		if b.Next, err = digest.NextCookie(r.Server, r.Resource, answer); err != nil {
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
