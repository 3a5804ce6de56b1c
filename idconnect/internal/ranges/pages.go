package ranges

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Pages reads a collection page by page, where it cannot be read by ranges.
type Pages struct {
	Server   Server
	Resource string
	Size     int
	Sort     []string // nil: the server's own order
	Rate     *Rate    // nil: as fast as the server
}

// Run reads from a cookie to the end. It fetches in one goroutine and uses in another,
// so that what is done with a page costs no time in which nothing is asked for. Three
// pages go round between them. Use returns how many records a page had.
func (p *Pages) Run(ctx context.Context, cookie string, use func(*digest.Body) (int, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	bodies, free := make(chan *digest.Body, 1), make(chan *digest.Body, 3)
	for range cap(free) {
		free <- &digest.Body{}
	}
	fetched := make(chan error, 1)
	go func() {
		defer close(bodies)
		fetched <- p.fetch(ctx, cookie, free, bodies)
	}()
	var err error
	var pages openidm.Pages
	for b := range bodies {
		if err != nil {
			free <- b // until the fetching has noticed
			continue
		}
		var used int
		next := b.Next
		used, err = use(b)
		free <- b
		if endless := pages.Next(next, used); err == nil && endless != nil {
			err = fmt.Errorf("reading %s: %w", p.Resource, endless)
		}
		if err != nil {
			cancel()
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
func (p *Pages) fetch(ctx context.Context, cookie string, free, bodies chan *digest.Body) error {
	query := openidm.Query{PageSize: p.Size, SortKeys: p.Sort}
	for {
		var b *digest.Body
		select {
		case b = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.Rate.Wait(ctx, query.PageSize); err != nil {
			return err
		}
		answer, err := p.Server.QueryBody(ctx, p.Resource, query, cookie, b.Buf)
		if err != nil {
			return err
		}
		b.Set(answer)
		if b.Next, err = digest.NextCookie(p.Server, p.Resource, answer); err != nil {
			return err
		}
		cookie = b.Next
		select {
		case bodies <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		if cookie == "" {
			return nil
		}
	}
}

// Order chooses Sort: nil, if the server gives two pages in one order, else _id, if it
// takes that.
func (p *Pages) Order(ctx context.Context) (err error) {
	query := openidm.Query{PageSize: p.Size + 1, Fields: []string{"_id"}}
	var seen [2][]string
	for n := range seen {
		if seen[n], err = p.ids(ctx, query); err != nil {
			return err
		}
	}
	if slices.Equal(seen[0], seen[1]) {
		return nil
	}
	query.SortKeys = []string{"_id"}
	switch _, err = p.ids(ctx, query); {
	case err == nil:
		p.Sort = query.SortKeys
	case !errors.As(err, new(*openidm.Error)) || ctx.Err() != nil:
		return err
	}
	return nil
}

func (p *Pages) ids(ctx context.Context, query openidm.Query) (ids []string, err error) {
	body, err := p.Server.QueryBody(ctx, p.Resource, query, "", nil)
	if err != nil {
		return nil, err
	}
	page, err := p.Server.ParsePage(p.Resource, body)
	for _, raw := range page.Result {
		var record struct {
			ID string `json:"_id"`
		}
		_ = json.Unmarshal(raw, &record)
		ids = append(ids, record.ID)
	}
	return ids, err
}
