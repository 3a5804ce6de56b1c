package verify_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// generations is a source of 3.1 and a target of 7.1 that holds what a correct
// migration makes of its records.
type generations struct {
	source, target *openidmtest.Server
	clients        [2]*openidm.Client
}

func newGenerations(t testing.TB, users int) *generations {
	t.Helper()
	o := openidmtest.Options{Generation: openidmtest.OpenIDM31, Users: users, Roles: max(12, users/10), Links: users,
		InMemory: true}
	g := &generations{source: openidmtest.NewSource(t, o)}
	o.Generation, o.StoresOf = openidmtest.IDM71, g.source
	g.target = openidmtest.NewTarget(t, o)
	for i, s := range []*openidmtest.Server{g.source, g.target} {
		g.clients[i] = &openidm.Client{BaseURL: s.URL, HTTPClient: s.Client(), Credentials: openidm.Credentials{
			Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")}}
	}
	return g
}

func (g *generations) compare(t testing.TB, o verify.Options) *verify.Report {
	t.Helper()
	o.Keys, o.MaxDifferences = g.source.Keystore(), 10_000
	r, err := verify.Run(t.Context(), g.clients[0], g.clients[1], o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type members = map[string]any

func ref(path string) any { return members{"_ref": path} }

// fault is something that goes wrong with a record of the target, or nothing that
// does where want is "".
type fault struct {
	table, name string
	// of says which records it can befall, by their number; nil: all.
	of   func(i int) bool
	do   func(g *generations, id string, r members) members // nil: the record is lost
	want string
}

func edit(f func(r members)) func(*generations, string, members) members {
	return func(_ *generations, _ string, r members) members {
		f(r)
		return r
	}
}

func set(name string, value any) func(*generations, string, members) members {
	return edit(func(r members) { r[name] = value })
}

func drop(names ...string) func(*generations, string, members) members {
	return edit(func(r members) {
		maps.DeleteFunc(r, func(name string, _ any) bool { return slices.Contains(names, name) })
	})
}

func lost(*generations, string, members) members { return nil }

// extra gives the target a record that the source does not have.
func extra(g *generations, id string, r members) members {
	g.source.Delete(map[bool]string{true: "repo/link", false: "managed/user"}[id[0] == 'l'], id)
	return r
}

func hash(kind, algorithm string) any {
	return members{"$crypto": members{"type": kind, "value": members{"algorithm": algorithm, "data": "AAAA"}}}
}

// Users by the form of their roles: see package generation of openidmtest.
func oneText(i int) bool  { return i%4 == 0 } // an internal and a managed role
func oneRole(i int) bool  { return i%4 == 1 } // a managed role
func twoRoles(i int) bool { return i%4 == 2 } // two managed roles and an internal one
func noRole(i int) bool   { return i%4 == 3 }
func hashed(i int) bool   { return i%3 == 1 }

func firstRef(r members) string { return r["roles"].([]any)[0].(members)["_ref"].(string) }

var faults = []fault{
	// Inside of what LINK-QUALIFIER explains.
	{"repo/link", "qualifier lost", nil, drop("linkQualifier"), "linkQualifier"},
	{"repo/link", "qualifier of another kind", nil, set("linkQualifier", "other"), "linkQualifier"},
	{"repo/link", "qualifier in another case", nil, set("linkQualifier", "Default"), "linkQualifier"},
	{"repo/link", "qualifier null", nil, set("linkQualifier", nil), "linkQualifier"},
	{"repo/link", "qualifier in a list", nil, set("linkQualifier", []any{"default"}), "linkQualifier"},
	{"repo/link", "another member gained", nil, set("linkqualifier", "default"), "linkqualifier"},
	// Outside of it.
	{"repo/link", "lost", nil, lost, "missing"},
	{"repo/link", "extra", nil, extra, "extra"},
	{"repo/link", "leads elsewhere", nil, set("secondId", "u99999"), "secondId"},
	{"repo/link", "comes from elsewhere", nil, set("firstId", "u99999"), "firstId"},
	{"repo/link", "of another mapping", nil, set("linkType", "other"), "linkType"},
	{"repo/link", "turned around", nil, edit(func(r members) {
		r["firstId"], r["secondId"] = r["secondId"].(string)+"x", r["firstId"]
	}), "firstId"},

	// Inside of what USER-ROLES explains.
	{"managed/user", "role lost everywhere", oneRole, drop("roles", "effectiveRoles"), "roles"},
	{"managed/user", "one role of two lost", twoRoles, edit(func(r members) {
		r["roles"], r["effectiveRoles"] = r["roles"].([]any)[:1], r["effectiveRoles"].([]any)[:1]
	}), "roles"},
	{"managed/user", "role replaced", oneRole, edit(func(r members) {
		r["roles"], r["effectiveRoles"] = []any{ref("managed/role/x")}, []any{ref("managed/role/x")}
	}), "roles"},
	{"managed/user", "role gained", noRole, edit(func(r members) {
		r["roles"], r["effectiveRoles"] = []any{ref("managed/role/r00001")}, []any{ref("managed/role/r00001")}
	}), "roles"},
	{"managed/user", "role twice", oneRole, edit(func(r members) {
		twice := []any{ref(firstRef(r)), ref(firstRef(r))}
		r["roles"], r["effectiveRoles"] = twice, twice
	}), "roles"},
	{"managed/user", "role as text still", oneRole, edit(func(r members) {
		r["roles"] = []any{firstRef(r)}
	}), "effectiveRoles roles"},
	{"managed/user", "role of another collection", oneRole, edit(func(r members) {
		r["roles"] = []any{ref(strings.Replace(firstRef(r), "managed", "internal", 1))}
	}), "effectiveRoles roles"},
	{"managed/user", "role until a date", oneRole, edit(func(r members) {
		r["roles"].([]any)[0].(members)["_refProperties"] = members{"_id": "x", "temporalConstraints": []any{1}}
	}), "effectiveRoles roles"},
	{"managed/user", "reference that contradicts itself", oneRole, edit(func(r members) {
		r["roles"].([]any)[0].(members)["_refResourceId"] = "x"
	}), "effectiveRoles roles"},
	{"managed/user", "internal role lost", oneText, drop("authzRoles"), "authzRoles"},
	{"managed/user", "internal role of another right", oneText,
		set("authzRoles", []any{ref("internal/role/openidm-admin")}), "authzRoles"},
	{"managed/user", "internal role gained", oneRole,
		set("authzRoles", []any{ref("internal/role/openidm-admin")}), "authzRoles"},
	{"managed/user", "internal role that leads nowhere", oneText,
		set("authzRoles", []any{ref("repo/internal/role/openidm-authorized")}), "authzRoles"},
	// Inside of what EFFECTIVE-ROLES explains.
	{"managed/user", "effective role lost", twoRoles, edit(func(r members) {
		r["effectiveRoles"] = r["effectiveRoles"].([]any)[:1]
	}), "effectiveRoles"},
	{"managed/user", "effective role gained", oneRole, edit(func(r members) {
		r["effectiveRoles"] = append(r["effectiveRoles"].([]any), ref("managed/role/x"))
	}), "effectiveRoles"},
	{"managed/user", "effective role of nobody", noRole, set("effectiveRoles", []any{ref("managed/role/x")}), "roles"},
	{"managed/user", "effective roles null", oneRole, set("effectiveRoles", nil), "effectiveRoles"},
	// Outside of them.
	{"managed/user", "lost", nil, lost, "missing"},
	{"managed/user", "extra", nil, extra, "extra"},
	{"managed/user", "mail", nil, set("mail", "x@example.com"), "mail"},
	{"managed/user", "name dropped", nil, drop("sn"), "sn"},
	{"managed/user", "password in clear", nil, set("password", "Passw0rd1"), "password"},
	{"managed/user", "hash dropped", hashed, drop("securityAnswer"), "securityAnswer"},
	{"managed/user", "hash of another text", hashed, set("securityAnswer", hash("salted-hash", "SHA-256")),
		"securityAnswer"},
	{"managed/user", "hash by another algorithm", hashed, edit(func(r members) {
		r["securityAnswer"].(members)["$crypto"].(members)["value"].(members)["algorithm"] = "MD5"
	}), "securityAnswer"},
	{"managed/user", "hash of another type", hashed, set("securityAnswer", hash("x", "SHA-256")), "securityAnswer"},
	{"managed/user", "password hashed", nil, set("password", hash("salted-hash", "SHA-256")), "password"},
	{"managed/role", "lost", nil, lost, "missing"},
	{"managed/role", "described otherwise", nil, set("description", "x"), "description"},

	// What is no difference.
	{"managed/user", "roles in another order", twoRoles, edit(func(r members) {
		slices.Reverse(r["roles"].([]any))
	}), ""},
	{"managed/user", "references with what a server adds", oneRole, edit(func(r members) {
		id := strings.TrimPrefix(firstRef(r), "managed/role/")
		r["roles"] = []any{members{"_ref": firstRef(r), "_refResourceCollection": "managed/role",
			"_refResourceId": id, "_refProperties": members{"_id": "7a", "_rev": "9"}}}
	}), ""},
	{"managed/user", "roles kept elsewhere", oneRole, drop("roles"), ""},
	{"managed/user", "no effective roles", oneRole, drop("effectiveRoles"), ""},
}

// plant befalls n records with each fault, and returns what is to be found by the
// path of the record.
func (g *generations) plant(n int) map[string]string {
	want := map[string]string{}
	records, ids := map[string]map[string]members{}, map[string][]string{}
	for _, table := range []string{"repo/link", "managed/user", "managed/role"} {
		records[table] = map[string]members{}
		for id, r := range g.target.Records(table) {
			records[table][id] = r
			ids[table] = append(ids[table], id)
		}
	}
	random := rand.New(rand.NewPCG(7, 8))
	for _, f := range faults {
		for range n {
			all := ids[f.table]
			i := random.IntN(len(all))
			for records[f.table][all[i]] == nil || f.of != nil && !f.of(i) {
				i = random.IntN(len(all))
			}
			id := all[i]
			r := f.do(g, id, records[f.table][id])
			records[f.table][id] = nil
			want[f.table+"/"+id] = f.want
			if r == nil {
				g.target.Delete(f.table, id)
			} else {
				g.target.Put(f.table, id, r)
			}
		}
	}
	return want
}

func found(r *verify.Report) map[string]string {
	got := map[string]string{}
	for _, c := range r.Collections {
		table := strings.Replace(c.Resource, "repo/managed/", "managed/", 1)
		for _, id := range c.Missing {
			got[table+"/"+id] = "missing"
		}
		for _, id := range c.Extra {
			got[table+"/"+id] = "extra"
		}
		for _, change := range c.Changed {
			got[table+"/"+change.ID] = strings.Join(change.Members, " ")
		}
	}
	return got
}

// generationSize is how many users there are, and how many records each fault
// befalls.
func generationSize() (users, each int) {
	switch {
	case testing.Short():
		return 600, 2
	case exhaustive.Nightly():
		return 100_000, 42
	}
	return 1500, 2
}

// TestSeededDifferencesOfGenerations: between a 3.1 and a 7.1, what a correct
// migration changes is no difference, and everything else is, inside of what the
// changes explain, too.
func TestSeededDifferencesOfGenerations(t *testing.T) {
	t.Parallel()
	users, each := generationSize()
	g := newGenerations(t, users)
	sound := g.compare(t, verify.Options{Concurrency: 2})
	if got := found(sound); !sound.Same() || len(got) > 0 {
		t.Fatalf("an undamaged migration: %v", got)
	}
	count := map[string]changes.Count{}
	for _, c := range sound.Collections {
		for _, one := range c.Expected {
			count[one.Code] = one
		}
	}
	for code, want := range map[string]int{"LINK-QUALIFIER": users, "USER-ROLES": users * 3 / 4,
		"EFFECTIVE-ROLES": users * 3 / 4} {
		if c := count[code]; c.Records != int64(want) || c.Missed != 0 {
			t.Errorf("%s explained %d records and missed %d, want %d and 0", code, c.Records, c.Missed, want)
		}
	}
	want := g.plant(each)
	got := found(g.compare(t, verify.Options{Concurrency: 2}))
	planted, seen, invented := 0, 0, 0
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if want[path] != "" {
			planted++
		}
		switch {
		case got[path] != want[path]:
			t.Errorf("%s: got %q, want %q", path, got[path], want[path])
		case want[path] != "":
			seen++
		}
	}
	for path, what := range got {
		if want[path] == "" {
			invented++
			t.Errorf("%s: invented %q", path, what)
		}
	}
	fmt.Printf("%d of %d seeded differences found between the generations of %d users, %d invented\n", seen, planted,
		users, invented)
}

// TestNoChanges: without the table, a correct migration is called wrong.
func TestNoChanges(t *testing.T) {
	t.Parallel()
	g := newGenerations(t, 20)
	r := g.compare(t, verify.Options{Changes: []changes.Change{}})
	if r.Same() || r.Collections[3].ChangedCount != 20 || r.Collections[3].Expected != nil {
		t.Errorf("got %+v", r.Collections)
	}
}
