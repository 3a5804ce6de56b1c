package once

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// countTime bounds the counting of a source, which has other work while it is migrated.
const countTime = 2 * time.Minute

// Total counts the managed records of the source in the background, which is what a migration counts to. complete sets
// the total of a status; without access to the source it is that of the target. The caller calls stop.
func (r Requests) Total(ctx context.Context) (complete func(*migration.Status), stop func()) {
	var counted atomic.Int64
	counted.Store(-1)
	var wait sync.WaitGroup
	ctx, cancel := context.WithTimeout(ctx, countTime)
	if c, err := r.Site.SourceClient(); err == nil && !r.Site.Source.Credentials.Password.IsZero() {
		wait.Go(func() {
			if n, err := countManaged(ctx, c); err == nil && n > 0 {
				counted.Store(n)
			}
		})
	}
	return func(s *migration.Status) { s.Total = totalOf(*s, counted.Load()) }, func() {
		cancel()
		wait.Wait()
	}
}

// totalOf is the source's count, else what the target says, which may be the size of a page. A total that was passed
// is of something else than what is counted.
func totalOf(s migration.Status, source int64) int64 {
	for _, total := range []int64{source, s.Total} {
		if total >= 0 && s.Processed <= total {
			return total
		}
	}
	return -1
}

// countManaged counts the records of all managed objects.
func countManaged(ctx context.Context, c *openidm.Client) (total int64, err error) {
	var config struct {
		Objects []struct {
			Name string `json:"name"`
		} `json:"objects"`
	}
	if err := c.Read(ctx, "config/managed", &config); err != nil {
		return 0, err
	}
	for _, o := range config.Objects {
		n, err := count(ctx, c, "managed/"+o.Name)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// count asks for the number of records, and counts them on a server that does not say it.
func count(ctx context.Context, c *openidm.Client, kind string) (n int64, err error) {
	page, err := c.QueryPage(ctx, kind, openidm.Query{Fields: []string{"_id"}, PageSize: 1, Count: true}, "")
	switch {
	case errors.Is(err, openidm.ErrNotFound):
		return 0, nil
	case err == nil && page.Total > 0:
		return int64(page.Total), nil
	}
	return countEach(ctx, c, kind)
}

// countEach counts the records of a collection; one that a server does not have is empty.
func countEach(ctx context.Context, c *openidm.Client, kind string) (n int64, err error) {
	for _, err := range c.Query(ctx, kind, openidm.Query{Fields: []string{"_id"}}) {
		if errors.Is(err, openidm.ErrNotFound) {
			break
		}
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// migrated are the collections that a migration carries over and both servers
// show. Links and roles come before users (the default mappings of IDM 7.3), and
// users of 2.1 may live in the directory alone: no collection stands for all.
var migrated = []string{"repo/link", "managed/role", "managed/user", "managed/assignment"}

// countRecords counts them.
func countRecords(ctx context.Context, c *openidm.Client) (counts map[string]int, total int, err error) {
	counts = map[string]int{}
	for _, kind := range migrated {
		n, err := countEach(ctx, c, kind)
		if err != nil {
			return nil, 0, err
		}
		counts[kind] = int(n)
		total += int(n)
	}
	return counts, total, nil
}

// targetEmpty says whether the target holds none of them.
func (r Requests) targetEmpty(ctx context.Context) (bool, error) {
	c, err := r.Site.TargetClient()
	if err != nil {
		return false, err
	}
	for _, kind := range migrated {
		page, err := c.QueryPage(ctx, kind, openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
		if errors.Is(err, openidm.ErrNotFound) {
			continue
		}
		if err != nil || len(page.Result) > 0 {
			return false, err
		}
	}
	return true, nil
}
