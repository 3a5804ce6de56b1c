package repair_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// loss is something that a migration did to a record of the target. Its reason is
// part of why repair refuses it, "" where it restores it.
type loss struct {
	name, table string
	of          func(i int) bool // which records, by their number; nil: all
	do          func(w *world, id string)
	reason      string
}

func lose(table string) func(*world, string) {
	return func(w *world, id string) { w.target.Delete(table, id) }
}

func set(table, name string, value any) func(*world, string) {
	return func(w *world, id string) { w.edit(w.target, table, id, func(r members) { r[name] = value }) }
}

func drop(table string, names ...string) func(*world, string) {
	return func(w *world, id string) {
		w.edit(w.target, table, id, func(r members) {
			maps.DeleteFunc(r, func(name string, _ any) bool { return slices.Contains(names, name) })
		})
	}
}

// both changes the source and loses the record of the target.
func both(table string, f func(r members)) func(*world, string) {
	return func(w *world, id string) {
		w.edit(w.source, table, id, f)
		w.target.Delete(table, id)
	}
}

func sealed(value any) any { return members{"$crypto": value} }

func ref(path string) any { return members{"_ref": path} }

func hashOf(data string) any {
	return sealed(members{"type": "salted-hash", "value": members{"algorithm": "SHA-256", "data": data}})
}

// Users by the form of their roles and by their hash: see package generation of
// openidmtest.
func oneRole(i int) bool  { return i%4 == 1 }
func twoRoles(i int) bool { return i%4 == 2 }
func hashed(i int) bool   { return i%3 == 1 }

const user, role, link = "managed/user", "managed/role", "repo/link"

var losses = []loss{
	{"user", user, nil, lose(user), ""},
	{"user of two roles", user, twoRoles, lose(user), ""},
	{"hashed user", user, hashed, lose(user), ""},
	{"mail", user, nil, set(user, "mail", "x@example.com"), ""},
	{"member dropped", user, nil, drop(user, "sn", "givenName"), ""},
	{"member gained", user, nil, set(user, "lastSync", members{"x": 1}), ""},
	{"role of a user", user, oneRole, drop(user, "roles", "effectiveRoles"), ""},
	{"another role", user, oneRole, set(user, "roles", []any{ref("managed/role/x")}), ""},
	{"effective role", user, twoRoles, set(user, "effectiveRoles", []any{ref("managed/role/x")}), ""},
	{"another role everywhere", user, oneRole, func(w *world, id string) {
		w.edit(w.target, user, id, func(r members) {
			r["roles"], r["effectiveRoles"] = []any{ref("managed/role/x")}, []any{ref("managed/role/x")}
		})
	}, ""},
	{"effective role alone", user, oneRole, func(w *world, id string) {
		w.edit(w.target, user, id, func(r members) {
			delete(r, "roles")
			r["effectiveRoles"] = []any{ref("managed/role/x")}
		})
	}, ""},
	{"internal role", user, twoRoles, drop(user, "authzRoles"), ""},
	{"hash", user, hashed, set(user, "securityAnswer", hashOf("AAAA")), ""},
	{"hash dropped", user, hashed, drop(user, "securityAnswer"), ""},
	{"password in clear", user, nil, set(user, "password", "Passw0rd"), ""},
	{"password of another", user, nil, func(w *world, id string) {
		w.edit(w.target, user, id, func(r members) { r["password"] = w.record(w.target, user, "u00000")["password"] })
	}, ""},
	{"role", role, nil, lose(role), ""},
	{"description of a role", role, nil, set(role, "description", "x"), ""},
	{"link", link, nil, lose(link), ""},
	{"qualifier", link, nil, drop(link, "linkQualifier"), ""},
	{"another qualifier", link, nil, set(link, "linkQualifier", "x"), ""},
	{"end of a link", link, nil, set(link, "secondId", "x"), ""},
	{"id that needs escapes", user, nil, func(w *world, id string) {
		w.source.Put(user, "ü? "+id, w.record(w.source, user, id))
	}, ""},

	{"gone from the source since", user, nil, func(w *world, id string) {
		w.source.Delete(user, id)
		w.edit(w.target, user, id, func(r members) { r["mail"] = "x" })
	}, "the source does not have it"},
	{"role that is nowhere", user, nil, both(user, func(r members) { r["roles"] = "managed/role/nowhere" }),
		"the target has no repo/managed/role/nowhere"},
	{"value under a key of the source", user, nil, both(user, func(r members) {
		r["password"].(members)["$crypto"].(members)["value"].(members)["key"] = "of-its-own"
	}), "its member password is encrypted, and the source's keystore does not open it"},
	{"value that is broken", user, nil, both(user, func(r members) { r["password"] = sealed(nil) }),
		"its member password is encrypted, and the source's keystore does not open it"},
	{"value of a newer form, below", user, nil, both(user, func(r members) {
		r["more"] = []any{members{"x": sealed(members{"type": "x-simple-encryption", "value": members{"mac": "x"}})}}
	}), "its member more/0/x is encrypted"},
	{"link of another mapping", link, nil, both(link, func(r members) { r["linkType"] = "other" }),
		`the target has no mapping "other"`},
	{"link to nobody", link, nil, both(link, func(r members) { r["secondId"] = "nobody" }),
		"its second end is not there: the target has no repo/managed/user/nobody"},
	{"link from nowhere", link, nil, both(link, func(r members) { r["firstId"] = "nowhere" }),
		"its first end is not there: the target has no system/xmlfile/account/nowhere"},
	{"link without an end", link, nil, both(link, func(r members) { delete(r, "firstId") }),
		"its first end has no id"},
	{"link upwards", link, nil, both(link, func(r members) { r["secondId"] = ".." }), "its second end has no id"},
	{"refused by the repository", link, nil, func(w *world, id string) {
		w.target.Delete(link, id)
		w.target.Fail(openidmtest.Fault{Method: "PUT", Path: "repo/link/" + id, Status: 403,
			Body: `{"code":403,"reason":"Forbidden","message":"duplicated key 'jane@example.com'"}`})
	}, "the target's repository refuses it: 403 Forbidden: duplicated key …"},
	{"changed meanwhile", link, nil, func(w *world, id string) {
		w.edit(w.target, link, id, func(r members) { r["secondId"] = "x" })
		w.target.Fail(openidmtest.Fault{Method: "PUT", Path: "repo/link/" + id, Status: 412,
			Body: `{"code":412,"reason":"Precondition Failed","message":"x"}`})
	}, "created or changed meanwhile"},
}

// plant lets n records suffer each loss, each record one, and returns them by their
// path.
func (w *world) plant(n int) map[string]loss {
	ids, next := map[string][]string{}, map[string]int{}
	for _, table := range []string{user, role, link} {
		for id := range w.target.Records(table) {
			ids[table] = append(ids[table], id)
		}
		slices.Sort(ids[table])
	}
	want := map[string]loss{}
	for _, l := range losses {
		for range n {
			i := next[l.table]
			taken := func() bool { return want[path(l.table, ids[l.table][i])].name != "" }
			for taken() || l.of != nil && !l.of(i) {
				i++
			}
			if l.of == nil {
				next[l.table] = i
			}
			id := ids[l.table][i]
			l.do(w, id)
			want[path(l.table, id)] = l
			if l.name == "id that needs escapes" {
				delete(want, path(l.table, id))
				want[path(l.table, "ü? "+id)] = l
				next[l.table]++
			}
		}
	}
	return want
}

func path(table, id string) string {
	return "repo/" + strings.TrimPrefix(table, "repo/") + "/" + url.PathEscape(id)
}

// TestSeededLosses: each is restored, or refused with the expected reason, and
// nothing but the target's repository is written to. Where nothing was refused, both
// servers are the same afterwards.
func TestSeededLosses(t *testing.T) {
	t.Parallel()
	const whole = 40 // of each kind
	each := whole / 5
	if exhaustive.All() {
		each = whole
	}
	w := newWorld(t, each*len(losses))
	if !w.verify(t).Same() {
		t.Fatal("an undamaged migration differs")
	}
	want := w.plant(each)
	paths, more := w.verify(t).RepairList()
	if more != 0 {
		t.Fatalf("%d more", more)
	}
	for p, l := range want { // a record that is gone from the source is extra, not listed
		if l.name == "gone from the source since" {
			paths = append(paths, p)
		}
	}
	o := w.options(paths...)
	dry := w.repair(t, o)
	if got := writes(w.target); len(got) > 0 || dry.Applied {
		t.Fatalf("a dry run wrote: %v", got)
	}
	o.Apply = true
	done := w.repair(t, o)
	restored, refused := 0, 0
	for _, r := range done.Records {
		l, planted := want[r.Path]
		delete(want, r.Path)
		switch {
		case !planted:
			t.Errorf("%s: invented: %+v", r.Path, r)
		case l.reason == "" && r.Done:
			restored++
		case l.reason != "" && r.Action == repair.Refuse && strings.Contains(r.Reason, l.reason):
			refused++
		default:
			t.Errorf("%s (%s): %+v", r.Path, l.name, r)
		}
	}
	for p, l := range want {
		t.Errorf("%s (%s): not in the list", p, l.name)
	}
	w.quiet(t)
	fmt.Printf("repair: %d of %d of %d seeded losses: %d restored, %d refused with the expected reason\n",
		restored+refused, each*len(losses), whole*len(losses), restored, refused)

	// Again: what is restored needs nothing, and what was refused still is.
	before := len(writes(w.target))
	w.target.ClearFaults()
	o.Paths = slices.DeleteFunc(o.Paths, func(p string) bool {
		return slices.ContainsFunc(done.Records, func(r repair.Record) bool { return r.Path == p && !r.Done })
	})
	if again := w.repair(t, o); again.Count(repair.Keep) != restored || len(writes(w.target)) != before {
		t.Errorf("again: %d of %d are as they should be", again.Count(repair.Keep), restored)
	}
	left, _ := w.verify(t).RepairList()
	for _, p := range left {
		if i := slices.IndexFunc(done.Records, func(r repair.Record) bool { return r.Path == p }); i < 0 ||
			done.Records[i].Action != repair.Refuse {
			t.Errorf("%s differs still", p)
		}
	}
}

// TestSameAfterwards: where nothing is refused, the second comparison says same.
func TestSameAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400)
	all := losses
	want := 0
	for i, l := range all {
		if l.reason != "" {
			continue
		}
		for n := 4 * i; ; n++ {
			if l.of != nil && !l.of(n) {
				continue
			}
			l.do(w, map[string]string{user: "u", role: "r", link: "l"}[l.table]+fmt.Sprintf("%05d", n%map[string]int{
				user: 400, role: 40, link: 400}[l.table]))
			want++
			break
		}
	}
	paths, _ := w.verify(t).RepairList()
	o := w.options(paths...)
	o.Apply = true
	if r := w.repair(t, o); r.Count(repair.Refuse) > 0 || r.Count(repair.Keep) > 0 {
		t.Errorf("%+v", r.Records)
	}
	if !w.verify(t).Same() || len(paths) < want-2 {
		t.Errorf("%d of %d losses listed, and not the same", len(paths), want)
	}
	w.quiet(t)
}
