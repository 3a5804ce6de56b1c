package openidmtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/generation"
)

// copyAll copies the records of the source table by table; only managed objects
// are counted.
func (s *Server) copyAll(ctx context.Context, src *sourceServer, f Fault) error {
	seen := 0
	for _, m := range s.tables() {
		run := s.beginMigration(m)
		err := s.copyTable(ctx, src, run, m, &seen, f)
		if run.endMigration(s.world, err); err != nil {
			return err
		}
	}
	return nil
}

// absent reports whether a source does not have a table: as the product's service
// does, that is taken for an empty one.
func absent(err error) bool {
	var answer refusal
	return errors.As(err, &answer) && (answer.status == http.StatusNotFound || answer.status == http.StatusBadRequest)
}

func (s *Server) copyTable(
	ctx context.Context, src *sourceServer, run *reconRun, m generation.Mapping, seen *int, f Fault,
) error {
	params := url.Values{"_queryFilter": {"true"}, "_pageSize": {strconv.Itoa(s.options.PageSize)}}
	for {
		var page sourcePage
		err := src.get(ctx, "repo/"+m.Table, params, &page)
		switch {
		case absent(err) && m.Table == schedulerJob:
			return s.copyJobs(ctx, src, run, m.Table)
		case absent(err) && !params.Has("_pagedResultsCookie") && !generation.OpenIDM31.Has(m.Table):
			return nil
		case err != nil:
			return err
		case page.Result == nil:
			return fmt.Errorf("repo/%s: the source's answer has no result", m.Table)
		}
		for _, one := range page.Result {
			if f.hits(m.Table) {
				*seen++
			}
			if f.StopAfter > 0 && *seen > f.StopAfter {
				return errCut
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.copyRecord(run, m.Table, one, *seen, f); err != nil {
				return err
			}
		}
		if text.Sleep(ctx, s.options.Pace); ctx.Err() != nil {
			return ctx.Err()
		}
		var cookie any
		if len(page.Cookie) > 0 {
			if err := crest.Decode(page.Cookie, &cookie); err != nil {
				return err
			}
		}
		if cookie == nil {
			return nil
		}
		params.Set("_pagedResultsCookie", fmt.Sprint(cookie))
	}
}

// copyJobs copies what a source of 3.x has under scheduler, where only the ids are
// listed.
func (s *Server) copyJobs(ctx context.Context, src *sourceServer, run *reconRun, path string) error {
	var list struct {
		Result []struct {
			ID string `json:"_id"`
		} `json:"result"`
	}
	// A 3.x has it always.
	err := src.get(ctx, scheduler, url.Values{"_queryId": {"query-all-ids"}}, &list)
	if err == nil && list.Result == nil {
		err = fmt.Errorf("%s: the source's answer has no result", scheduler)
	}
	for _, job := range list.Result {
		r := record{}
		if err == nil {
			err = src.get(ctx, scheduler+"/"+url.PathEscape(job.ID), nil, &r)
		}
		if err == nil && r["_id"] != job.ID {
			err = fmt.Errorf("%s/%s: the source's answer is not that job", scheduler, job.ID)
		}
		if err != nil {
			return err
		}
		s.keep(path, job.ID, r)
		run.copied(s.world, job.ID, "")
	}
	return err
}

// hits reports whether a fault counts the records of a table.
func (f Fault) hits(path string) bool { return path == cmp.Or(f.Table, managedUser) }

// copyRecord keeps one record; the first ones suffer from the fault.
func (s *Server) copyRecord(run *reconRun, path string, raw []byte, seen int, f Fault) error {
	r := record{}
	if err := crest.Decode(raw, &r); err != nil {
		return err
	}
	id, _ := r["_id"].(string)
	failed := false
	switch {
	case !f.hits(path):
	case seen <= f.LoseRecords:
		r = nil
	case seen <= f.LoseRecords+f.AlterRecords:
		r["description"] = "altered on the way"
	case seen <= f.LoseRecords+f.AlterRecords+f.FailRecords:
		r, failed = nil, true
	}
	if r != nil {
		s.keep(path, id, r)
	}
	reason := ""
	if failed {
		reason = cmp.Or(f.Reason, "the record was not written")
	}
	run.copied(s.world, id, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(path, "managed/") {
		s.endpoint.processed++
	}
	if failed {
		s.endpoint.failed++
	}
	return nil
}

// keep writes what the migration makes of a record.
func (s *Server) keep(path, id string, r record) {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if r = w.traits.Carry(path, id, r); r == nil {
		return
	}
	w.table(path).Put(id, r)
	if path == managedUser {
		for key, one := range w.traits.Relationships(id, r) {
			w.table(relationshipTable).Put(key, one)
		}
	}
}
