package verify

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

// seededRecord is a user with a member of every kind.
func seededRecord(id string, password string) string {
	return `{"_id":` + seededQuote(id) +
		`,"_rev":"1","userName":"user of the test","mail":"user@example.com",` +
		`"sn":"Stra\u00dfe","city":"München","age":41,"ratio":1.50,"active":true,"manager":null,"note":"",` +
		`"preferences":{"updates":false,"news":{"letter":"weekly"}},"tags":["a","b",{"c":1}],` +
		`"roles":[{"_ref":"managed/role/a","_refProperties":{"_id":"r","_rev":"7"}}],` +
		`"answer":` + seededHash + `,"password":` + password + `}`
}

func seededQuote(id string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(id) + `"`
}

// seededKind plants one difference, or something that is none.
type seededKind struct {
	name  string
	plant func(w *seededWorld, id string)
	want  string // what is to be said of the id; "" nothing
}

type seededWorld struct {
	source, target *table
	seal           func(plain, iv string) string
	unreadable     int64
}

func (w *seededWorld) edit(id, from, to string) {
	record := w.target.records[id]
	if strings.Count(record, from) != 1 {
		panic(fmt.Sprintf("%q stands %d times in %s", from, strings.Count(record, from), record))
	}
	w.target.records[id] = strings.Replace(record, from, to, 1)
}

const seededIV, seededOtherIV = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"

func (w *seededWorld) password() string { return w.seal(`"secret"`, seededIV) }

const seededHash = `{"$crypto":{"type":"salted-hash","value":{"algorithm":"SHA-256","data":"c2FsdA=="}}}`

// crypto edits an encrypted value or a hash; from "" is the whole password.
func crypto(name, member, from, to string) seededKind {
	return seededKind{name, func(w *seededWorld, id string) {
		if from == "" {
			w.edit(id, w.password(), to)
		} else {
			w.edit(id, from, to)
		}
	}, "changed " + member}
}

// cryptoKinds are faults of encrypted values and hashes.
func cryptoKinds() []seededKind {
	return []seededKind{
		crypto("hash changed", "answer", `"data":"c2FsdA=="`, `"data":"c2FsdB=="`),
		crypto("hash by another algorithm", "answer", "SHA-256", "SHA-512"),
		crypto("hash lost", "answer", seededHash, `{"$crypto":null}`),
		crypto("form swapped", "password", "", seededHash),
		crypto("form null", "password", "", `{"$crypto":null}`),
		crypto("form empty", "password", "", `{"$crypto":{}}`),
		crypto("another type", "password", "", `{"$crypto":{"type":"x","value":{"key":"openidm-sym-default"}}}`),
		crypto("cipher swapped", "password", "AES/CBC/PKCS5Padding", "AES/ECB/PKCS5Padding"),
		crypto("key that is not there", "password", "openidm-sym-default", "openidm-sym-other"),
	}
}

func seededKinds() []seededKind {
	edit := func(name, member, from, to string) seededKind {
		want := ""
		if member != "" {
			want = "changed " + member
		}
		return seededKind{name, func(w *seededWorld, id string) { w.edit(id, from, to) }, want}
	}
	return append(cryptoKinds(), []seededKind{
		{"missing", func(w *seededWorld, id string) { delete(w.target.records, id) }, "missing"},
		{"extra", func(w *seededWorld, id string) { delete(w.source.records, id) }, "extra"},
		{"twice in the target", func(w *seededWorld, id string) { w.target.ids = append(w.target.ids, id) },
			"duplicate"},
		{"twice in the source", func(w *seededWorld, id string) { w.source.ids = append(w.source.ids, id) },
			"duplicate"},
		{"twice in both", func(w *seededWorld, id string) {
			w.source.ids, w.target.ids = append(w.source.ids, id), append(w.target.ids, id)
		}, "duplicate"},
		{"without a usable id in the target", func(w *seededWorld, id string) {
			w.edit(id, `,"_rev":"1","userName"`, `,"_id":17,"userName"`)
			w.unreadable++
		}, "missing"},
		{"too deep in the source", func(w *seededWorld, id string) {
			w.source.records[id] = strings.Replace(w.source.records[id], `"note":""`,
				`"note":`+strings.Repeat("[", 99)+strings.Repeat("]", 99), 1)
			w.unreadable++
		}, "extra"},
		edit("text", "mail", "user@example.com", "user@example.org"),
		edit("one letter's case", "userName", "user of", "User of"),
		edit("text to nothing", "mail", "user@example.com", ""),
		edit("nothing to null", "note", `"note":""`, `"note":null`),
		edit("null to absent", "manager", `"manager":null,`, ``),
		edit("absent to null", "added", `"active"`, `"added":null,"active"`),
		edit("member added", "added", `"active"`, `"added":{},"active"`),
		edit("member renamed", "userName username", `"userName"`, `"username"`),
		edit("number", "age", `"age":41`, `"age":42`),
		edit("number to text", "age", `"age":41`, `"age":"41"`),
		edit("last digit", "ratio", `1.50`, `1.5000000000000002`),
		edit("true to text", "active", `true`, `"true"`),
		edit("nested", "preferences", `"updates":false`, `"updates":true`),
		edit("nested deeper", "preferences", `weekly`, `Weekly`),
		edit("nested null to absent", "preferences", `"updates":false,`, ``),
		edit("element", "tags", `"a","b"`, `"a","B"`),
		edit("element of an element", "tags", `{"c":1}`, `{"c":2}`),
		edit("order of the elements", "tags", `"a","b"`, `"b","a"`),
		edit("element added", "tags", `"a","b"`, `"a","b","b"`),
		edit("reference", "roles", `managed/role/a`, `managed/role/b`),
		edit("sharp s", "sn", `Stra\u00dfe`, `Strasse`),
		edit("composed to decomposed", "city", `München`, "Mu\u0308nchen"),
		{"another secret", func(w *seededWorld, id string) {
			w.edit(id, w.password(), w.seal(`"secreT"`, seededIV))
		}, "changed password"},
		{"decrypted", func(w *seededWorld, id string) { w.edit(id, w.password(), `"secret"`) },
			"changed password"},
		{"encrypted value damaged", func(w *seededWorld, id string) {
			w.edit(id, w.password(), strings.Replace(w.password(), `"data":"`, `"data":"AAAA`, 1))
		}, "changed password"},

		// What is no difference.
		{"encrypted anew", func(w *seededWorld, id string) {
			w.edit(id, w.password(), w.seal(`"secret"`, seededOtherIV))
		}, ""},
		edit("number in another form", "", `1.50`, `15e-1`),
		edit("letter in another form", "", `Stra\u00dfe`, `Straße`),
		edit("slash in another form", "", `managed/role/a`, `managed\/role\/a`),
		edit("revision", "", `"_rev":"1"`, `"_rev":"2"`),
		edit("revision of a reference", "", `"_rev":"7"`, `"_rev":"8"`),
		edit("space", "", `"age":41,`, "\n\t\"age\" : 41 ,\r\n "),
		edit("order of the members", "", `"updates":false,"news":{"letter":"weekly"}`,
			`"news":{"letter":"weekly"},"updates":false`),
		edit("revision dropped", "", `"_rev":"1",`, ``),
		edit("volatile", "", `"active"`, `"lastSync":{"at":"2026-11-24"},"active"`),
	}...)
}

// seededPage is small, so that there are many edges, and ranges far apart.
const seededPage = 40

// seededIDs are ids that have to be escaped somewhere: in JSON, in a query
// filter, or in an address.
var seededIDs = []string{`a"b`, `a\b`, `a\"`, `ü/ö?&#=+;`, `sp ace`, `%2F`, `😀`, `'`, `" or true or "`, `..`,
	strings.Repeat("long", 250), `u00050\`, `u00050"`, `~`, "\u2028", "\uffff"}

// TestSeededDifferences hides differences of every kind among many records, and
// as many that are none, and wants each found and named for what it is, and
// nothing else. One of each kind is the sample; with EXHAUSTIVE=1 it is 12, among
// 100,000 records.
func TestSeededDifferences(t *testing.T) {
	t.Parallel()
	const everything = 12
	records, each := 8000, 1
	switch {
	case testing.Short():
		records = 2000
	case exhaustive.Nightly():
		records, each = 100_000, everything
	}
	store, seal := keyStore(t)
	found, planted, invented := 0, 0, 0
	ids, base := slices.Clone(seededIDs), &table{records: make(map[string]string, records)}
	for i := len(ids); i < records; i++ {
		ids = append(ids, fmt.Sprintf("u%05d", i))
	}
	password := (&seededWorld{seal: seal}).password()
	for _, id := range ids {
		base.put(id, seededRecord(id, password))
	}
	// No two of them at once: they are large.
	orders := map[string]func(a, b string) int{
		"servers that filter by _id": strings.Compare, "servers that fold case": foldOrder,
		"servers that sort as people do": peopleOrder,
	}
	for _, mode := range []string{"servers that filter by _id", "servers that fold case",
		"servers that sort as people do", "servers in the order of _id", "servers with an order of their own"} {
		t.Run(mode, func(t *testing.T) {
			w := &seededWorld{source: base.clone(), target: base.clone(), seal: seal}
			want := w.plant(ids, each)
			switch mode {
			case "servers that filter by _id", "servers that fold case", "servers that sort as people do":
				w.source.ordered, w.target.ordered = true, true
				w.source.order = orders[mode]
			case "servers in the order of _id":
				w.settle(func(ids []string) { slices.Sort(ids) })
			default:
				w.settle(func(ids []string) {
					rand.New(rand.NewPCG(5, 6)).Shuffle(len(ids),
						func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
				})
			}
			report := compareTables(t, w.source, w.target, Options{
				Keys: store, PageSize: seededPage,
				Collections: []Collection{
					{Name: "users", Resource: "repo/managed/user", Ignore: []string{"lastSync"}},
				},
			})
			n, more := w.compare(t, report, want)
			t.Logf("%d of %d found, %d invented, in %d readings and %d ranges", n, len(want), more,
				report.Passes, report.Ranges)
			if (report.Ranges > 0) != w.source.ordered {
				t.Errorf("%d ranges were read", report.Ranges)
			}
			found, planted, invented = found+n, planted+len(want), invented+more
		})
	}
	if each < everything {
		fmt.Printf("%d of %d of %d seeded differences found among %d records, %d invented\n",
			found, planted, planted*everything, records, invented)
		return
	}
	fmt.Printf("%d of %d seeded differences found among %d records, %d invented\n", found, planted, records,
		invented)
}

func foldOrder(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// peopleOrder is like en_US: punctuation does not count.
func peopleOrder(a, b string) int {
	key := func(s string) string {
		return strings.ToLower(strings.Map(func(c rune) rune {
			if strings.ContainsRune(`-_."'\ %/`, c) {
				return -1
			}
			return c
		}, s))
	}
	return cmp.Or(strings.Compare(key(a), key(b)), strings.Compare(b, a))
}

// plant takes, for each kind, records in the first and the last page and at the
// edges of pages, ids that have to be escaped, and any others.
func (w *seededWorld) plant(ids []string, each int) (want map[string]string) {
	sorted := slices.Sorted(slices.Values(ids))
	var edges []string
	for i := 0; i < len(sorted); i += seededPage {
		edges = append(edges, sorted[i], sorted[min(i+seededPage, len(sorted))-1])
	}
	edges = append(edges, sorted[1], sorted[len(sorted)-2])
	random := rand.New(rand.NewPCG(3, 4))
	random.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
	places := [][]string{slices.Clone(seededIDs), edges}
	used := map[string]bool{}
	take := func(n int) string {
		if n < len(places) {
			for len(places[n]) > 0 {
				id := places[n][0]
				if places[n] = places[n][1:]; !used[id] {
					return id
				}
			}
		}
		for {
			if id := ids[random.IntN(len(ids))]; !used[id] {
				return id
			}
		}
	}
	want = map[string]string{}
	kinds := seededKinds()
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	for n := range each {
		for _, kind := range kinds {
			id := take(n)
			used[id] = true
			kind.plant(w, id)
			if kind.want != "" {
				want[id] = kind.want
			}
		}
	}
	for _, table := range []*table{w.source, w.target} {
		table.ids = slices.DeleteFunc(table.ids, func(id string) bool { return table.records[id] == "" })
		table.sorted = nil
	}
	return want
}

func (w *seededWorld) settle(order func([]string)) {
	for _, table := range []*table{w.source, w.target} {
		order(table.ids)
	}
}

func (w *seededWorld) compare(t *testing.T, report CollectionReport, want map[string]string) (found, invented int) {
	t.Helper()
	got := map[string]string{}
	add := func(id, what string) {
		if got[id] != "" {
			t.Errorf("%s is both %s and %s", id, got[id], what)
		}
		got[id] = what
	}
	for what, ids := range map[string][]string{"missing": report.Missing, "extra": report.Extra,
		"duplicate": report.Duplicates} {
		for _, id := range ids {
			add(id, what)
		}
	}
	for _, c := range report.Changed {
		add(c.ID, "changed "+strings.Join(c.Members, " "))
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] == want[id] {
			found++
		} else {
			t.Errorf("%.40q: got %q, want %q", id, got[id], want[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if want[id] == "" {
			invented++
			t.Errorf("%.40q: invented %q", id, got[id])
		}
	}
	if report.Unreadable != w.unreadable || report.NotCheckedValues != 0 || report.Shifted != 0 ||
		report.Differences() != int64(len(want))+w.unreadable {
		t.Errorf("%d differences, %d of them unreadable, %d values not checked, %d shifted; want %d, %d, 0, 0",
			report.Differences(), report.Unreadable, report.NotCheckedValues, report.Shifted,
			int64(len(want))+w.unreadable, w.unreadable)
	}
	return found, invented
}
