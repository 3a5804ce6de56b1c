package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// runKilled runs a comparison that ends after so many more pages, 0 never,
// as a process does that is killed: nothing is written at its end.
func runKilled(t *testing.T, tables [2]*table, opts Options, after int) (report *Report, done bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if after > 0 {
		left := after
		for _, table := range tables {
			table.asked = func() {
				if left--; left == 0 {
					cancel()
				}
			}
		}
	}
	store, err := openTestStore(&opts, "secret")
	if err != nil {
		t.Fatal(err)
	}
	report, err = compareAll(ctx, [2]Server{tables[0], tables[1]}, [2]string{"https://source/", "https://target/"},
		opts, store)
	if err == nil {
		return report, store.end(nil) == nil
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	store.writers.Wait()
	return report, false
}

func openTestStore(opts *Options, secret string) (*stateStore, error) {
	*opts = opts.WithDefaults()
	return openStore([2]string{"https://source/", "https://target/"}, [2]string{"admin", "admin"}, []byte(secret),
		*opts)
}

// stateTables are servers with differences in two collections.
func stateTables(ordered bool) [2]*table {
	source := newTable(3000)
	source.ordered, source.takes = ordered, time.Millisecond
	target := source.clone()
	for i := 0; i < 3000; i += 3 { // what an expected change explains
		id := fmt.Sprintf("u%05d", i)
		before, rest, _ := strings.Cut(source.records[id], `"roles":[`)
		_, rest, _ = strings.Cut(rest, `}}],`)
		source.put(id, before+`"roles":"a",`+rest)
	}
	for i := 100; i < 3000; i += 497 {
		id := fmt.Sprintf("u%05d", i)
		target.put(id, userRecord(i, 1, "changed"))
		target.drop(fmt.Sprintf("u%05d", i+1))
		source.drop(fmt.Sprintf("u%05d", i+2))
		target.sorted, source.sorted = nil, nil
	}
	var mu = &source.mu
	source.guard, target.guard = mu, mu
	target.takes = source.takes
	return [2]*table{source, target}
}

// TestResumes: a comparison that is killed at any moment, again and again, comes
// to the same result, and reads little twice. A page takes a millisecond of virtual
// time, so that what is asked for does not depend on the machine.
func TestResumes(t *testing.T) {
	t.Parallel()
	rounds := 1
	if os.Getenv("NIGHTLY") == "1" {
		rounds = 10
	}
	for _, ordered := range []bool{true, false} {
		t.Run(fmt.Sprintf("ordered %v", ordered), func(t *testing.T) {
			t.Parallel()
			kills, states := 0, t.TempDir()
			for round := range rounds {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(1, uint64(round)))
					kills += resumes(t, ordered, random, filepath.Join(states, fmt.Sprint(round)))
				})
			}
			if kills < rounds {
				t.Errorf("%d kills", kills)
			}
			t.Logf("killed %d times in %d comparisons", kills, rounds)
		})
	}
}

// resumes compares two servers, killed until it comes to its end, and says how
// often that was.
func resumes(t *testing.T, ordered bool, random *rand.Rand, file string) (killed int) {
	opts := Options{
		PageSize: 50, Concurrency: 2, stateEvery: 2 * time.Millisecond, stateCost: 1,
		Collections: []Collection{{Name: "users", Resource: "repo/managed/user"},
			{Name: "again", Resource: "repo/managed/user"}},
	}
	tables := stateTables(ordered)
	pages := func() int { return tables[0].pages + tables[1].pages }
	want, done := runKilled(t, tables, opts, 0)
	whole, resumed := pages(), false
	if !done || want.Same() || want.Collections[0].Differences() != 18 ||
		want.Collections[0].Expected[0].Records < 980 {
		t.Fatalf("%+v", want)
	}
	// A kill costs what was not written yet, and what tells how to read, and by
	// pages a second and third reading, which do not resume: 35 to 61 in 120 runs.
	most, again := 70, 0
	if !ordered {
		again = whole / 6
		most += again
	}
	opts.StateFile = file
	before := pages()
	for {
		report, done := runKilled(t, tables, opts, again+50+random.IntN(50))
		resumed = resumed || report.Resumed
		if done {
			sameResult(t, want, report, killed)
			break
		}
		if killed++; killed > 100 {
			t.Fatal("it does not come to an end")
		}
		b, err := os.ReadFile(file)
		if err == nil && (bytes.Contains(b, []byte("u0010")) || bytes.Contains(b, []byte("users")) ||
			bytes.Contains(b, []byte("secret"))) {
			t.Fatal("the state can be read")
		}
	}
	n := pages() - before
	t.Logf("%d pages, %d with %d kills", whole, n, killed)
	if n > whole+killed*most || killed > 2 && !resumed {
		t.Errorf("%d pages after %d kills, resumed %v; without %d", n, killed, resumed, whole)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state is still there: %v", err)
	}
	return killed
}

// sameResult holds a report to another, but for what depends on the way to it.
func sameResult(t *testing.T, want, got *Report, killed int) {
	t.Helper()
	for i := range got.Collections {
		c, w := got.Collections[i], want.Collections[i]
		if len(c.Plans) != 2 {
			t.Errorf("plans %q", c.Plans)
		}
		c.Plans, c.Ranges, w.Plans, w.Ranges = nil, 0, nil, 0
		if d := cmp.Diff(w, c, cmpopts.EquateEmpty(),
			cmpopts.IgnoreFields(CollectionReport{}, "Seconds")); d != "" {
			t.Fatalf("after %d kills:\n%s", killed, d)
		}
	}
}

// TestStateOfAnother: what is of other servers, accounts or options, or
// is damaged, is not taken over.
func TestStateOfAnother(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "state")
	synctest.Test(t, func(t *testing.T) { stateOfAnother(t, file) })
}

func stateOfAnother(t *testing.T, file string) {
	opts := Options{Collections: usersOnly, PageSize: 50, stateEvery: 5 * time.Millisecond, stateCost: 1,
		StateFile: file}
	tables := stateTables(true)
	if _, done := runKilled(t, tables, opts, 30); done {
		t.Fatal("it was not killed")
	}
	left, err := os.ReadFile(opts.StateFile)
	if err != nil {
		t.Fatal(err)
	}
	resumes := func(opts Options, secret string) bool {
		s, err := openTestStore(&opts, secret)
		if err != nil {
			t.Fatal(err)
		}
		return s.resumes()
	}
	if !resumes(opts, "secret") {
		t.Fatal("the same does not go on")
	}
	if resumes(opts, "Secret") {
		t.Error("with another password it goes on")
	}
	for name, change := range map[string]func(*Options){
		"collections": func(o *Options) {
			o.Collections = []Collection{{Name: "users", Resource: "repo/managed/user",
				Ignore: []string{"lastSync"}}}
		},
		"size of a page": func(o *Options) { o.PageSize = 51 },
		"order":          func(o *Options) { o.SortKeys = []string{"userName"} },
		"lists":          func(o *Options) { o.MaxDifferences = 7 },
	} {
		other := opts
		if change(&other); resumes(other, "secret") {
			t.Errorf("%s: it goes on", name)
		}
	}
	// What else does not open is tried in package sealed.
	if err := os.WriteFile(opts.StateFile, left[:len(left)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if resumes(opts, "secret") {
		t.Error("cut off, and it goes on")
	}
	if report, done := runKilled(t, tables, opts, 0); !done || report.Resumed ||
		report.Collections[0].Differences() != 18 {
		t.Errorf("%+v", report)
	}
	if _, err := openStore([2]string{}, [2]string{}, nil, opts); err == nil {
		t.Error("a state without a secret")
	}
}

// earlierState is a comparison of nine users that an earlier version left, whose sums stood in pages however few they
// were. Two users have changed, one of which it had read.
func earlierState(t *testing.T, way string) (tables [2]*table, opts Options) {
	t.Helper()
	source := newTable(9)
	source.ordered = way == "ranges"
	target := source.clone()
	source.guard, target.guard = &source.mu, &source.mu
	target.put("u00001", userRecord(1, 1, "changed"))
	target.put("u00007", userRecord(7, 1, "changed"))
	content, err := os.ReadFile("testdata/state-4-" + way)
	if err != nil {
		t.Fatal(err)
	}
	opts = Options{Collections: usersOnly, PageSize: 2, Concurrency: 1, stateEvery: time.Hour, stateCost: 1,
		StateFile: filepath.Join(t.TempDir(), "state")}
	if err := os.WriteFile(opts.StateFile, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return [2]*table{source, target}, opts
}

// TestEarlierState: a comparison resumes with the state that an earlier version left, and starts over where the sums in
// it cannot be read. TestOldState is about states that are refused.
func TestEarlierState(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"pages", "ranges"} {
		for _, damage := range []int{0, 1} {
			tables, opts := earlierState(t, way)
			store, err := openTestStore(&opts, "secret")
			if err != nil {
				t.Fatal(err)
			}
			sums := &store.state.Collections[0].Sums[1]
			*sums = (*sums)[damage:]
			report, err := compareAll(t.Context(), [2]Server{tables[0], tables[1]}, [2]string{}, opts, store)
			if c := report.Collections[0]; err != nil || !report.Resumed || c.SourceCount != 9 ||
				c.TargetCount != 9 || c.Differences() != 2 || c.ChangedCount != 2 || c.Shifted != 0 {
				t.Errorf("%s, %d bytes cut: %v, %+v", way, damage, err, report)
			}
		}
	}
}

// TestOldState: a state of an earlier version is refused with what to do, and
// not touched.
func TestOldState(t *testing.T) {
	t.Parallel()
	old, err := os.ReadFile("testdata/state-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, magic := range stateFormat.Old {
		checkOldState(t, append([]byte(magic), old[len(magic):]...))
	}
}

func checkOldState(t *testing.T, old []byte) {
	t.Helper()
	opts := Options{Collections: usersOnly, StateFile: filepath.Join(t.TempDir(), "state")}
	if err := os.WriteFile(opts.StateFile, old, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openTestStore(&opts, "secret")
	var refused *OldStateError
	if !errors.As(err, &refused) || refused.Path != opts.StateFile || strings.Contains(err.Error(), "secret") ||
		!strings.Contains(refused.Remedy(), ` "`+opts.StateFile+`", then verify`) {
		t.Fatalf("got %v", err)
	}
	if left, err := os.ReadFile(opts.StateFile); err != nil || !bytes.Equal(left, old) {
		t.Errorf("the file was changed: %v", err)
	}
	if err := os.Remove(opts.StateFile); err != nil {
		t.Fatal(err)
	}
	if s, err := openTestStore(&opts, "secret"); err != nil || s.resumes() {
		t.Errorf("after it was removed: %v", err)
	}
}

// TestCookieForgotten: a server that does not know its cookies any more is
// read from the beginning.
func TestCookieForgotten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) { cookieForgotten(t, file) })
}

func cookieForgotten(t *testing.T, file string) {
	opts := Options{Collections: usersOnly, PageSize: 50, stateEvery: 5 * time.Millisecond, stateCost: 1,
		StateFile: file}
	tables := stateTables(false)
	if _, done := runKilled(t, tables, opts, 60); done {
		t.Fatal("it was not killed")
	}
	tables[1].forgets = &openidm.Error{Code: 400}
	report, done := runKilled(t, tables, opts, 0)
	if c := report.Collections[0]; !done || !report.Resumed || c.Differences() != 18 || c.SourceCount != 2994 ||
		c.TargetCount != 2994 || c.Passes != 3 {
		t.Errorf("%+v", report)
	}
}

// TestReplaced: a comparison that was killed starts over if a server has another
// database by now, though its address and accounts are the same. A few records that
// changed meanwhile are no reason.
func TestReplaced(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		side    int
		changed int // every so many records
		resumes bool
	}{
		{"the source", 0, 1, false}, {"the target", 1, 1, false}, {"a part of the target", 1, 10, false},
		{"nothing", 0, 5000, true}, {"some records of the target", 1, 500, true},
	} {
		if testing.Short() && tc.name != "the target" && tc.name != "nothing" {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state")
			synctest.Test(t, func(t *testing.T) {
				opts := Options{Collections: usersOnly, PageSize: 50, Concurrency: 2, stateEvery: 1, stateCost: 1,
					StateFile: file}
				tables := stateTables(true)
				if _, done := runKilled(t, tables, opts, 40); done {
					t.Fatal("it was not killed")
				}
				for i := tc.changed / 2; i < 3000; i += tc.changed {
					if id := fmt.Sprintf("u%05d", i); tables[tc.side].records[id] != "" {
						tables[tc.side].put(id, userRecord(i, 1, "another"))
					}
				}
				report, done := runKilled(t, tables, opts, 0)
				opts.StateFile = ""
				want, _ := runKilled(t, tables, opts, 0)
				differences := report.Collections[0].Differences()
				if !done || report.Resumed != tc.resumes ||
					!tc.resumes && differences != want.Collections[0].Differences() {
					t.Errorf("resumed %v, %d differences, not %d", report.Resumed, differences,
						want.Collections[0].Differences())
				}
			})
		})
	}
}
