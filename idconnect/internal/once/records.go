package once

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// migrated are the collections that a migration carries over and both servers
// show. Links and roles come before users (the default mappings of IDM 7.3), and
// users of 2.1 may live in the directory alone: no collection stands for all.
var migrated = []string{"repo/link", "managed/role", "managed/user", "managed/assignment"}

// countRecords counts them; one that a server does not have is empty.
func countRecords(ctx context.Context, c *openidm.Client) (counts map[string]int, total int, err error) {
	counts = map[string]int{}
	for _, kind := range migrated {
		for _, err := range c.Query(ctx, kind, openidm.Query{Fields: []string{"_id"}}) {
			if errors.Is(err, openidm.ErrNotFound) {
				break
			}
			if err != nil {
				return nil, 0, err
			}
			counts[kind]++
			total++
		}
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
