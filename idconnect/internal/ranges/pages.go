package ranges

import (
	"bytes"
	"context"
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
	Limits
}

// size is the number of records of a page.
func (p *Pages) size() int { return min(p.Size, p.Rate.most()) }

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
	query := openidm.Query{PageSize: p.size(), SortKeys: p.Sort}
	for {
		var b *digest.Body
		select {
		case b = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.ask(ctx, query, cookie, b); err != nil {
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

// ask asks for a page.
func (p *Pages) ask(ctx context.Context, query openidm.Query, cookie string, b *digest.Body) error {
	return p.Do(ctx, query.PageSize, func() (int, error) {
		return readPage(ctx, p.Server, p.Resource, query, cookie, b)
	})
}

// readPage reads a page with the cookie of the next, and returns how many records it has.
func readPage(ctx context.Context, server Server, resource string, query openidm.Query, cookie string,
	b *digest.Body) (count int, err error) {
	answer, err := server.QueryBody(ctx, resource, query, cookie, b.Buf)
	if err != nil {
		return 0, err
	}
	b.Set(answer)
	count, b.Next, err = digest.Foot(server, resource, answer)
	return count, err
}

// Order chooses Sort: nil, if the server gives two pages in one order, else _id, if it
// takes that.
func (p *Pages) Order(ctx context.Context) error {
	query := openidm.Query{PageSize: p.size() + 1, Fields: []string{"_id"}}
	var seen [2]digest.Body
	for n := range seen {
		if err := p.ask(ctx, query, "", &seen[n]); err != nil {
			return err
		}
	}
	if bytes.Equal(seen[0].Text(), seen[1].Text()) { // as most are, and nothing need be parsed
		return nil
	}
	var ids [2][]string
	for n := range ids {
		var err error
		if ids[n], err = idsOf(p.Server, p.Resource, seen[n].Text()); err != nil {
			return err
		}
	}
	if slices.Equal(ids[0], ids[1]) {
		return nil
	}
	query.SortKeys = []string{"_id"}
	err := p.ask(ctx, query, "", &digest.Body{})
	switch {
	case err == nil:
		p.Sort = query.SortKeys
	case !errors.As(err, new(*openidm.Error)) || ctx.Err() != nil:
		return err
	}
	return nil
}
