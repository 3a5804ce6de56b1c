package repair_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// world is a source of 3.1 and a target of 7.1 that holds what a correct migration
// makes of its records, with the accounts to which the links lead.
type world struct {
	source, target   *openidmtest.Server
	clients          [2]*openidm.Client
	sourceKeys, keys *keystore.Store

	ours []openidmtest.Request // of repairs, to the target
	was  map[string]members    // records as they were before they suffered
}

func newWorld(t testing.TB, users int) *world {
	t.Helper()
	o := openidmtest.Options{Generation: openidmtest.OpenIDM31, Users: users, Roles: max(12, users/10), Links: users,
		Connector: true, InMemory: true}
	w := &world{source: openidmtest.NewSource(t, o)}
	o.Generation, o.StoresOf = openidmtest.IDM71, w.source
	w.target = openidmtest.NewTarget(t, o)
	for id := range w.source.Records("managed/user") {
		w.target.AddConnectorRow(id, "Given", "Name", id+"@example.com")
	}
	for i, s := range []*openidmtest.Server{w.source, w.target} {
		w.clients[i] = &openidm.Client{BaseURL: s.URL, HTTPClient: s.Client(), Credentials: openidm.Credentials{
			Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")}}
	}
	w.sourceKeys, w.keys = w.source.Keystore(), w.target.Keystore()
	w.was = map[string]members{}
	for _, s := range []*openidmtest.Server{w.source, w.target} {
		for _, table := range []string{user, role, link} {
			for id, r := range s.Records(table) {
				w.was[s.URL+table+id] = r
			}
		}
	}
	return w
}

func (w *world) verify(t testing.TB) *verify.Report {
	t.Helper()
	r, err := verify.Run(t.Context(), w.clients[0], w.clients[1], verify.Options{Keys: w.sourceKeys,
		MaxDifferences: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) options(paths ...string) repair.Options {
	return repair.Options{Paths: paths, SourceKeys: w.sourceKeys, TargetKeys: w.keys}
}

func (w *world) repair(t testing.TB, o repair.Options) *repair.Report {
	t.Helper()
	from := len(w.target.Requests())
	r, err := repair.Run(t.Context(), w.clients[0], w.clients[1], o)
	w.ours = append(w.ours, w.target.Requests()[from:]...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one restores one record.
func (w *world) one(t testing.TB, path string) repair.Record {
	t.Helper()
	o := w.options(path)
	o.Apply = true
	return w.repair(t, o).Records[0]
}

// record is one of a server, as it was at first.
func (w *world) record(s *openidmtest.Server, table, id string) members {
	return maps.Clone(w.was[s.URL+table+id])
}

// edit changes one record of a server.
func (w *world) edit(s *openidmtest.Server, table, id string, f func(r members)) {
	r := w.record(s, table, id)
	f(r)
	s.Put(table, id, r)
}

// writes are the requests that changed something, or would have.
func writes(s *openidmtest.Server) (of []openidmtest.Request) {
	return slices.DeleteFunc(s.Requests(), func(r openidmtest.Request) bool { return r.Method == "GET" })
}

// quiet fails if anything was written but to the target's repository, or anything
// was deleted: nothing else begins a synchronization.
func (w *world) quiet(t testing.TB) {
	t.Helper()
	if got := writes(w.source); len(got) > 0 {
		t.Errorf("the source was written to: %v", got)
	}
	for _, r := range w.ours {
		switch {
		case r.Method == "GET" && !strings.HasPrefix(r.Path, "managed/"): // which runs scripts
		case r.Method != "PUT" || !strings.HasPrefix(r.Path, "repo/"):
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}

type members = map[string]any
