package ranges_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// singles is a server whose records are read one by one, or by their ids.
type singles struct {
	openidm.Client
	answers map[string][]error // of an id, one after the other
	filters []string
}

func (s *singles) Read(_ context.Context, resource string, into any, _ ...string) error {
	id, err := url.PathUnescape(strings.TrimPrefix(resource, "managed/user/"))
	if err != nil {
		return err
	}
	if all := s.answers[id]; len(all) > 0 {
		s.answers[id] = all[1:]
		return all[0]
	}
	return json.Unmarshal([]byte(`{}`), into)
}

func (s *singles) QueryBody(_ context.Context, _ string, q openidm.Query, _ string, _ []byte) ([]byte, error) {
	s.filters = append(s.filters, q.Filter)
	if all := s.answers["filter"]; len(all) > 0 {
		s.answers["filter"] = all[1:]
		return nil, all[0]
	}
	return []byte(`{"result":[],"resultCount":0}`), nil
}

// TestSingly: what a server says of one record keeps no other one from being read, and
// one that is busy is asked again.
func TestSingly(t *testing.T) {
	t.Parallel()
	for code, others := range map[int]bool{http.StatusNotFound: true, http.StatusBadRequest: true,
		http.StatusServiceUnavailable: true, http.StatusTooManyRequests: true, http.StatusForbidden: false} {
		synctest.Test(t, func(t *testing.T) {
			s := &singles{answers: map[string][]error{"%2F": {&openidm.Error{Code: code}}}}
			s.BaseURL = "https://localhost/openidm/"
			if code == http.StatusServiceUnavailable {
				s.answers["%2F"] = []error{openidm.ErrUnavailable}
			}
			var read []string
			r := &ranges.Reader{Server: s, Resource: "managed/user", Size: 40, Concurrency: 1}
			err := r.Singly(t.Context(), []string{"a", "%2F", "b"}, func(id string, _ json.RawMessage) {
				read = append(read, id)
			})
			if err != nil || slices.Contains(read, "b") != others {
				t.Errorf("%d: %q, %v", code, read, err)
			}
		})
	}
}

// TestByIDs: a request is no longer than an address may be, and a server that is busy is
// no server that refuses.
func TestByIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &singles{answers: map[string][]error{"filter": {&openidm.Error{Code: http.StatusTooManyRequests}}}}
		s.BaseURL = "https://localhost/openidm/"
		var ids []string
		for range 40 {
			ids = append(ids, strings.Repeat("ü", 20), strings.Repeat(`"`, 300))
		}
		given := 0
		r := &ranges.Reader{Server: s, Resource: "managed/user", Size: 40, Concurrency: 1}
		err := r.ByIDs(t.Context(), ids, func(_ *digest.Body, ids []string) (int, error) {
			given += len(ids)
			return 0, nil
		})
		if err != nil || given != len(ids) {
			t.Errorf("%d of %d ids, %v", given, len(ids), err)
		}
		for _, f := range s.filters {
			if n := len(url.QueryEscape(f)); n > 2500 {
				t.Errorf("a filter of %d bytes", n)
			}
		}
	})
}
