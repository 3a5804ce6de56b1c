package repair_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	u1, u2 = "repo/managed/user/u00001", "repo/managed/user/u00002"
	l1     = "repo/link/l00001"
)

// TestRefused: what is not restored, and what is said about it.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, path, reason string
		prepare            func(w *world)
	}{
		{"managed", "managed/user/u00001", "only records of repo/…", nil},
		{"system", "system/xmlfile/account/u00001", "only records of repo/…", nil},
		{"configuration", "config/sync/x", "only records of repo/…", nil},
		{"configuration in the repository", "repo/config/sync", "only records of repo/…", nil},
		{"static user", "repo/internal/user/anonymous", "a migration leaves it behind", nil},
		{"id with a slash", "repo/managed/user/a%2Fb", "the source does not show it: 400 Bad Request", nil},
		{"relationship to nobody", "repo/relationships/x", "its second end is not there: the target has no " +
			"repo/managed/role/nowhere", func(w *world) {
			w.source.Put("repo/relationships", "x", members{"firstId": "managed/user/u00001",
				"secondId": "managed/role/nowhere"})
		}},
		{"relationship without an end", "repo/relationships/x", "its second end is not named", func(w *world) {
			w.source.Put("repo/relationships", "x", members{"firstId": "managed/user/u00001"})
		}},
		{"reference that is no path", u1, "its member manager refers to something that is not a path", func(w *world) {
			w.edit(w.source, user, "u00001", func(r members) { r["manager"] = ref("x") })
		}},
		{"reference out of reach", u1, "its member manager is in elsewhere, where it cannot be looked up",
			func(w *world) {
				w.edit(w.source, user, "u00001", func(r members) { r["manager"] = ref("elsewhere/x") })
			}},
		{"connector that fails", l1, "test the connector of the target", func(w *world) {
			w.target.Delete(link, "l00001")
			w.target.BreakConnector(true)
		}},
		{"no keystore of the source", u1, "the source's keystore is not at hand (Upgrade.SourceDir)", func(w *world) {
			w.target.Delete(user, "u00001")
			w.sourceKeys = nil
		}},
		{"no keystore of the target", u1, "the target's keystore is not at hand (Upgrade.TargetDir)", func(w *world) {
			w.target.Delete(user, "u00001")
			w.keys = nil
		}},
		{"key that the target lacks", u1, "the target's keystore does not open it", func(w *world) {
			w.target.Delete(user, "u00001")
			w.keys = new(keystore.Store)
		}},
		{"no revision", u1, "the target's record has no _rev", func(w *world) {
			w.target.Fail(openidmtest.Fault{Method: "GET", Path: u1, Status: 200, Body: `{"_id":"u00001"}`})
		}},
		{"another record", u1, "answered with another record", func(w *world) {
			w.target.Fail(openidmtest.Fault{Method: "GET", Path: u1, Status: 200, Body: `{"_id":"u00002","_rev":"1"}`})
		}},
		{"kept otherwise", u1, "it was written, and the target keeps it otherwise: mail", func(w *world) {
			w.edit(w.target, user, "u00001", func(r members) { r["mail"] = "x" })
			w.target.Fail(openidmtest.Fault{Method: "PUT", Path: u1, Status: 200, Body: `{}`})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 4)
			if tc.prepare != nil {
				tc.prepare(w)
			}
			r := w.one(t, tc.path)
			if r.Action != repair.Refuse || !strings.Contains(r.Reason, tc.reason) || r.Done {
				t.Errorf("got %+v, want %q", r, tc.reason)
			}
			w.quiet(t)
		})
	}
}

// TestOrder: what others refer to is written first, however the list is ordered, and
// a dry run counts on it.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	for _, id := range []string{"u00001", "u00002"} {
		w.target.Delete(user, id)
	}
	w.target.Delete(role, "r00001")
	w.target.Delete(link, "l00001")
	w.source.Put("repo/relationships", "x", members{"firstId": "managed/user/u00001",
		"secondId": "managed/role/r00001"})
	o := w.options(l1, "repo/relationships/x", u2, u1, "repo/managed/role/r00001")
	if dry := w.repair(t, o); dry.Count(repair.Create) != 5 {
		t.Errorf("%+v", dry.Records)
	}
	o.Apply = true
	done := w.repair(t, o)
	var order []string
	for _, r := range done.Records {
		if order = append(order, r.Path); !r.Done {
			t.Errorf("%+v", r)
		}
	}
	if want := []string{"repo/managed/role/r00001", u2, u1, "repo/relationships/x", l1}; !slices.Equal(order, want) {
		t.Errorf("in the order %v, want %v", order, want)
	}
	if got := w.target.Requests(); len(got) == 0 || record(w.target, "repo/relationships", "x")["secondResourceId"] !=
		"r00001" {
		t.Error("the ends of the relationship are not named apart")
	}
}

// record is one of a server as it is now.
func record(s *openidmtest.Server, table, id string) members {
	for got, r := range s.Records(table) {
		if got == id {
			return r
		}
	}
	return nil
}

// TestBytes: what is encrypted or hashed is copied as it is.
func TestBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8)
	w.target.Delete(user, "u00001")
	if r := w.one(t, u1); !r.Done {
		t.Fatalf("%+v", r)
	}
	var got [2]struct{ Password, SecurityAnswer any }
	for i, c := range w.clients {
		if err := c.Read(t.Context(), u1, &got[i]); err != nil {
			t.Fatal(err)
		}
	}
	if got[0].Password == nil || got[0].SecurityAnswer == nil || !reflect.DeepEqual(got[0], got[1]) {
		t.Errorf("%v", got)
	}
}

// TestLost: an answer that does not come says nothing; the record is read again, and
// sent once.
func TestLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.target.Delete(user, "u00001")
	w.target.Fail(openidmtest.Fault{Method: "PUT", Effect: openidmtest.LoseAnswer})
	if r := w.one(t, u1); !r.Done {
		t.Errorf("%+v", r)
	}
	w.target.ClearFaults()
	w.target.Delete(user, "u00001")
	w.target.Fail(openidmtest.Fault{Method: "PUT", Effect: openidmtest.Reset})
	o := w.options(u1)
	o.Apply = true
	before := len(writes(w.target))
	r, err := repair.Run(t.Context(), w.clients[0], w.clients[1], o)
	if !errors.Is(err, openidm.ErrUnavailable) || r.Records[0].Done || len(writes(w.target)) != before+1 {
		t.Errorf("%+v, %v", r, err)
	}
	w.target.ClearFaults()
	if r := w.repair(t, o); !r.Records[0].Done {
		t.Errorf("the same call again: %+v", r.Records)
	}
}

// TestMeanwhile: what others change between reading and writing is not overwritten.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.edit(w.target, user, "u00001", func(r members) { r["mail"] = "x" })
	w.target.Delete(user, "u00002")
	o := w.options(u1, u2)
	o.Apply = true
	o.Note = func(r repair.Record) error {
		switch {
		case r.Done || r.Action == repair.Refuse:
		case r.Path == u1:
			w.edit(w.target, user, "u00001", func(r members) { r["mail"] = "theirs" })
		default:
			w.target.Put(user, "u00002", members{"mail": "theirs"})
		}
		return nil
	}
	r := w.repair(t, o)
	for i, id := range []string{"u00001", "u00002"} {
		if got := r.Records[i]; got.Action != repair.Refuse || !strings.Contains(got.Reason, "changed meanwhile") {
			t.Errorf("%+v", got)
		}
		if got := record(w.target, user, id)["mail"]; got != "theirs" {
			t.Errorf("%s was overwritten: %v", id, got)
		}
	}
}

// TestApprove: no is no, and nothing is asked where there is nothing to do.
func TestApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	o := w.options(u1)
	asked := 0
	no := errors.New("no")
	o.Apply, o.Approve = true, func(_ context.Context, r *repair.Report) error {
		if asked++; r.Count(repair.Create) != 1 || r.Applied {
			t.Errorf("asked about %+v", r)
		}
		return no
	}
	if r := w.repair(t, o); asked != 0 || r.Records[0].Action != repair.Keep {
		t.Errorf("asked %d times, %+v", asked, r.Records)
	}
	w.target.Delete(user, "u00001")
	r, err := repair.Run(t.Context(), w.clients[0], w.clients[1], o)
	if !errors.Is(err, no) || asked != 1 || r.Applied || len(writes(w.target)) > 0 {
		t.Errorf("asked %d times, %+v, %v", asked, r, err)
	}
}

// TestServerFails: a server that cannot be read ends it, and says so.
func TestServerFails(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 503} {
		w := newWorld(t, 4)
		for _, c := range w.clients {
			c.Retries = -1
		}
		w.target.Fail(openidmtest.Fault{Method: "GET", Path: "repo", Status: status, Body: `{"code":0}`})
		o := w.options(u1)
		o.Apply = true
		if _, err := repair.Run(t.Context(), w.clients[0], w.clients[1], o); err == nil ||
			!strings.Contains(err.Error(), "repair "+u1) {
			t.Errorf("%d: %v", status, err)
		}
	}
	w := newWorld(t, 4)
	if _, err := repair.Run(t.Context(), w.clients[0], w.clients[1], w.options("x")); err == nil {
		t.Error("a path of nothing was taken")
	}
	if _, err := repair.Run(t.Context(), w.clients[0], w.clients[0], w.options(u1)); err == nil {
		t.Error("one server was taken for two")
	}
}

// TestChangesOfOthers: another table of changes is obeyed, and a row that would
// rewrite an encrypted value is refused.
func TestChangesOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.target.Delete(link, "l00001")
	w.target.Delete(user, "u00001")
	o := w.options(l1, u1)
	o.Apply = true
	o.Changes = []changes.Change{
		{Code: "X", Collection: "repo/link", Members: []string{"linkQualifier"},
			Source: changes.Added("linkQualifier", `"theirs"`)},
		{Code: "Y", Collection: "repo/managed/user", Members: []string{"password"},
			Source: func(r changes.Record) changes.Effect {
				r["password"] = []byte(`[` + string(r["password"]) + `]`)
				return changes.Applied
			}},
	}
	r := w.repair(t, o)
	if got := r.Records[0]; got.Action != repair.Refuse || !strings.Contains(got.Reason, "encrypted value") {
		t.Errorf("%+v", got)
	}
	if got := record(w.target, link, "l00001")["linkQualifier"]; got == "theirs" {
		t.Error("the link was written before its end")
	}
}
