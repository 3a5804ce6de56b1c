package acceptance

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// knownSource is the source with what it is known not to hold of a kind of records: it
// is not asked for that again.
type knownSource struct {
	*openidm.Client
	paths  []string         // where the records may be
	none   map[string]error // by path: nil is an empty one, an error one that it does not have
	listed bool             // as managed objects, by this name
	looked bool             // see look
}

// QueryPage answers from memory where there is no record.
func (s *knownSource) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (
	openidm.Page, error) {
	if err, known := s.none[resource]; known {
		return openidm.Page{Total: -1, Remaining: -1}, err
	}
	return s.Client.QueryPage(ctx, resource, q, cookie)
}

// QueryBody answers from memory where there is no record.
func (s *knownSource) QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) (
	[]byte, error) {
	if err, known := s.none[resource]; known {
		return []byte(`{"result":[]}`), err
	}
	return s.Client.QueryBody(ctx, resource, q, cookie, buf)
}

// lacks reports whether the source says that it has no such kind of records, in the
// repository or as managed objects: then there is nothing to compare those of the
// target with.
func (s *knownSource) lacks() bool {
	return !slices.ContainsFunc(s.paths, func(path string) bool { return s.none[path] == nil })
}

// sourcesOf are the source for each of the resources. Where it lists none of them, it is
// asked for all at once, and never for managed objects that it does not list.
func (t *checker) sourcesOf(ctx context.Context, resources []string) []*knownSource {
	out := make([]*knownSource, len(resources))
	listed := false
	for i, resource := range resources {
		out[i] = t.sourceOf(ctx, resource)
		listed = listed || out[i].listed
	}
	if !listed {
		var wait sync.WaitGroup
		for _, s := range out {
			wait.Go(func() { t.look(ctx, s) })
		}
		wait.Wait()
	}
	return out
}

func (t *checker) sourceOf(ctx context.Context, resource string) *knownSource {
	managed := strings.TrimPrefix(resource, "repo/")
	s := &knownSource{Client: t.servers[0], none: map[string]error{},
		paths: slices.Compact([]string{resource, managed})}
	if kind, ok := strings.CutPrefix(managed, "managed/"); ok {
		kind, _, _ = strings.Cut(kind, "/")
		kinds := t.managedKinds(ctx)
		s.listed = slices.Contains(kinds, kind)
		// The repository may not look at the case.
		alike := func(name string) bool { return strings.EqualFold(name, kind) }
		if len(kinds) > 0 && !slices.ContainsFunc(kinds, alike) {
			s.none[managed] = &openidm.Error{Method: http.MethodGet, URL: managed, Code: http.StatusNotFound}
		}
	}
	return s
}

// look asks once where the records may be, until an answer shows the place.
func (t *checker) look(ctx context.Context, s *knownSource) {
	if s.looked {
		return
	}
	s.looked = true
	for _, path := range s.paths {
		if s.none[path] != nil {
			continue
		}
		page, err := t.one(ctx, 0, path)
		var answer *openidm.Error
		lacks := errors.As(err, &answer) &&
			(answer.Code == http.StatusNotFound || answer.Code == http.StatusBadRequest)
		if lacks || err == nil && len(page.Result) == 0 && page.Cookie == "" {
			s.none[path] = err
		}
		if !lacks {
			return
		}
	}
}

// managedKinds are the kinds of managed objects that the source lists, none where it
// does not say.
func (t *checker) managedKinds(ctx context.Context) []string {
	t.listing.do(func() {
		var config struct {
			Objects []struct {
				Name string `json:"name"`
			} `json:"objects"`
		}
		if t.servers[0].Config(ctx, "managed", &config) != nil {
			return
		}
		for _, o := range config.Objects {
			if o.Name == "" { // another form
				t.managed = nil
				return
			}
			t.managed = append(t.managed, o.Name)
		}
	})
	return t.managed
}
