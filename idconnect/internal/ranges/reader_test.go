package ranges_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// TestFrugal: hardly a record is given twice, whether the ids fill what can be
// written in their shape, or a small part of it, and few ranges are empty.
func TestFrugal(t *testing.T) {
	t.Parallel()
	const n = 50_000
	all := tables(n)
	behind := make([]string, n) // numbers that begin far from 0
	for i := range behind {
		behind[i] = fmt.Sprintf("x-%07d", 5_000_000+3*i)
	}
	all["behind"] = behind
	thinner, denser := make([]string, n), make([]string, n) // than they begin
	for i := range thinner {
		thinner[i], denser[i] = fmt.Sprintf("u%07d", i+2*max(i-1000, 0)), fmt.Sprintf("u%07d", i+4*min(i, 1000))
	}
	all["thinner"], all["denser"] = thinner, denser
	for i, name := range []string{"numbers", "uuids", "behind", "numbers", "uuids", "behind", "thinner", "denser"} {
		f := newFake(all[name], strings.Compare)
		f.counts = i > 2
		var seen map[string]int
		var err error
		synctest.Test(t, func(t *testing.T) { // ranges follow the time of answers, not that of a busy machine
			seen, err = read(t, f, &ranges.Reader{Size: 500, Concurrency: 4})
		})
		t.Logf("%s: %d records for %d, %d requests", name, f.given, n, f.asked)
		most := n * 115 / 100
		if i > 5 { // the first guess is wrong; 1.33 were seen once in 150 runs on a busy machine
			most = n * 140 / 100
		}
		if err != nil || len(seen) != n || f.given > most || f.asked > 130 {
			t.Errorf("%s: %v, %d ids, %d records given with %d requests", name, err, len(seen), f.given, f.asked)
		}
	}
}

// TestHeavy: ranges grow while the server is quick, and those in flight at once are bounded
// in bytes, however many there are.
func TestHeavy(t *testing.T) {
	t.Parallel()
	all := tables(4000)["numbers"]
	for concurrency, most := range map[int]int{2: 2 << 20, 4: 2 << 20, 8: 1 << 20} {
		ids := all[:500*concurrency]
		f := newFake(ids, strings.Compare)
		f.blanks, f.counts = 8000, true
		seen, err := read(t, f, &ranges.Reader{Size: 100, Concurrency: concurrency})
		if err != nil || len(seen) != len(ids) || f.most > most+most/8 || f.most < most/2 {
			t.Errorf("%d ranges in flight: %v, %d ids, answers of up to %d KiB", concurrency, err, len(seen),
				f.most>>10)
		}
	}
}

// TestNoRanges: what a server does with filters is found out before it is relied
// on, and said.
func TestNoRanges(t *testing.T) {
	t.Parallel()
	for want, set := range map[string]func(f *fake){
		"refuses a filter by _id (400)": func(f *fake) { f.refuse = &openidm.Error{Code: http.StatusBadRequest} },
		"refuses a filter by _id (501)": func(f *fake) { f.refuse = &openidm.Error{Code: http.StatusNotImplemented} },
		"does not filter by _id":        func(f *fake) { f.ignores = true },
	} {
		f := newFake(tables(3000)["numbers"], strings.Compare)
		set(f)
		seen, err := read(t, f, &ranges.Reader{Size: 40, Concurrency: 4})
		if !errors.Is(err, ranges.ErrNoRanges) || !strings.Contains(err.Error(), want) || len(seen) > 0 {
			t.Errorf("%s: %v, %d ids", want, err, len(seen))
		}
	}
}

// TestCapped: a server that gives fewer records than it is asked for loses none.
func TestCapped(t *testing.T) {
	t.Parallel()
	ids := tables(3000)["uuids"]
	f := newFake(ids, strings.Compare)
	f.cap = 30
	seen, err := read(t, f, &ranges.Reader{Size: 200, Concurrency: 4})
	if err != nil || len(seen) != len(ids) {
		t.Errorf("%v, %d of %d ids", err, len(seen), len(ids))
	}
}

// TestShifting: records that come and go while they are read hide no other one,
// and give none twice.
func TestShifting(t *testing.T) {
	t.Parallel()
	for name, ids := range tables(3000) {
		if len(ids) < 1000 {
			continue
		}
		f := newFake(ids, fold)
		random, gone := rand.New(rand.NewPCG(5, 6)), map[string]bool{}
		f.each = func(f *fake) {
			for range 10 {
				i := random.IntN(len(f.ids))
				gone[f.ids[i]] = true
				f.ids = slices.Delete(f.ids, i, i+1)
			}
		}
		seen, err := read(t, f, &ranges.Reader{Size: 40, Concurrency: 4})
		if err != nil {
			t.Fatal(name, err)
		}
		for _, id := range ids {
			if n := seen[id]; n > 1 || n == 0 && !gone[id] {
				t.Errorf("%s: %q %d times", name, id, n)
			}
		}
	}
}

// TestTwice: a record that stands twice is given twice.
func TestTwice(t *testing.T) {
	t.Parallel()
	ids := append(tables(3000)["numbers"], "u001234", "u000000", "u002999")
	seen, err := read(t, newFake(ids, strings.Compare), &ranges.Reader{Size: 40, Concurrency: 4})
	if err != nil || len(seen) != 3000 || seen["u001234"] != 2 || seen["u000000"] != 2 || seen["u002999"] != 2 {
		t.Errorf("%v, %d ids", err, len(seen))
	}
}

// TestRest: a reading that ends anywhere is gone on with by another, again and
// again, and each record is taken once.
func TestRest(t *testing.T) {
	t.Parallel()
	stop := errors.New("killed")
	for name, ids := range tables(3000) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(ids, strings.Compare)
			seen, kills := map[string]int{}, 0
			var rest []ranges.Range
			for {
				r := &ranges.Reader{Server: f, Resource: "managed/user", Size: 40, Concurrency: 4, Rest: rest,
					Careful: strings.HasPrefix(name, "mixed")}
				left := 3
				err := r.Run(t.Context(), func(a *ranges.Answer) error {
					if left--; left < 0 {
						return stop
					}
					page, _ := f.ParsePage("managed/user", a.Body.Text())
					for _, raw := range page.Result {
						seen[string(raw)]++
					}
					r.Took(a)
					return nil
				})
				if err == nil {
					break
				}
				if !errors.Is(err, stop) {
					t.Fatal(err)
				}
				if rest = r.Left(); len(rest) == 0 {
					t.Fatal("killed with nothing left")
				}
				kills++
			}
			if len(seen) != len(ids) {
				t.Errorf("%d of %d ids after %d kills", len(seen), len(ids), kills)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s %d times", id, n)
				}
			}
		})
	}
}

// TestBusy: a server that is busy is asked again.
func TestBusy(t *testing.T) {
	t.Parallel()
	for _, busy := range []error{&openidm.Error{Code: http.StatusTooManyRequests}, openidm.ErrUnavailable,
		os.ErrDeadlineExceeded} {
		f := newFake(tables(3000)["numbers"], strings.Compare)
		f.busy = fmt.Errorf("busy: %w", busy)
		seen, err := read(t, f, &ranges.Reader{Size: 40, Concurrency: 4})
		if err != nil || len(seen) != 3000 {
			t.Errorf("%v: %v, %d ids", busy, err, len(seen))
		}
	}
}
