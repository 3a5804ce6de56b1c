package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// wayOf sets how a server is read.
var wayOf = map[string]func(h *hostile){
	"ranges":                func(*hostile) {},
	"ranges that fold case": func(h *hostile) { h.order = foldOrder },
	"small ranges":          func(h *hostile) { h.most = 30 },
	"pages":                 func(h *hostile) { h.ignores = true },
	"sorted pages":          func(h *hostile) { h.ignores, h.shuffled = true, true },
}

// busyTable changes records of both servers alike, so many before each request from one
// on: those whose ids end in 5, others come and go. All are alike after fifty changes of
// each, which is before the last reading.
func busyTable(servers [2]*hostile, records, atOnce int, from func(n int) bool) {
	for side, h := range servers {
		random, done := rand.New(rand.NewPCG(7, 8)), 0
		h.changes = func(h *hostile, n int) {
			for i := 0; i < atOnce+side && done < 50 && from(n); i++ {
				done++
				id := fmt.Sprintf("u%05d", random.IntN(records/10)*10+5)
				switch random.IntN(3) {
				case 0:
					h.drop(id)
				case 1:
					h.put(id, fmt.Sprint(done))
				default:
					id += "x"
					h.put(id, "new")
				}
			}
		}
	}
}

// TestHostileChanges: tables that change while they are read, or between two readings,
// hide no difference, and none is invented.
func TestHostileChanges(t *testing.T) {
	t.Parallel()
	const records = 2000
	for way, set := range wayOf {
		for _, from := range []int{1, 20, -1} {
			t.Run(fmt.Sprintf("%s, from %d", way, from), func(t *testing.T) {
				t.Parallel()
				servers, missing, extra, changed := hostilePair(records)
				var again atomic.Bool
				atOnce := 5
				if from < 0 {
					atOnce = 25
				}
				busyTable(servers, records, atOnce, func(n int) bool {
					return from > 0 && n >= from || from < 0 && again.Load()
				})
				set(servers[0])
				set(servers[1])
				c, took, err := compareHostile(t, servers, Options{PageSize: 100, Progress: func(p Progress) {
					if p.Source > 0 && p.Source == p.Total { // after the first reading, or nearly
						again.Store(true)
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s, %d requests, %s, %q", took, servers[0].asked, c.Result(), c.Plans)
				checkHostile(t, c, missing, extra, changed)
			})
		}
	}
}

// TestHostileKills: a comparison that is killed at any moment comes to the same result in
// each way of reading, and reads little twice.
func TestHostileKills(t *testing.T) {
	t.Parallel()
	const records = 2000
	for way, set := range wayOf {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state")
			synctest.Test(t, func(t *testing.T) {
				servers, missing, extra, changed := hostilePair(records)
				for _, h := range servers {
					set(h)
					h.counts = func(n int) int { return n }
				}
				opts := Options{Collections: usersOnly, PageSize: 50, Concurrency: 2, StateFile: file, stateEvery: 1,
					stateCost: 1}
				random, kills := rand.New(rand.NewPCG(1, 2)), 0
				var report *Report
				for report == nil {
					if kills++; kills > 60 {
						t.Fatal("it does not come to an end")
					}
					report = killAfter(t, servers, opts, 12+random.IntN(10)+6*kills)
				}
				c := report.Collections[0]
				t.Logf("%d kills, %d requests, %d records, %s, %q", kills-1, servers[0].asked, servers[0].total(),
					c.Result(), c.Plans)
				checkHostile(t, c, missing, extra, changed)
				if c.Shifted > 0 || !report.Resumed || len(c.Plans) != 2 {
					t.Errorf("%s, resumed %v, %q", c.Result(), report.Resumed, c.Plans)
				}
				for _, plan := range c.Plans {
					if strings.HasSuffix(plan, ": ") {
						t.Errorf("plan %q", plan)
					}
				}
			})
		})
	}
}

// killAfter returns nil where a comparison was killed after so many requests.
func killAfter(t *testing.T, servers [2]*hostile, opts Options, after int) *Report {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked atomic.Int64
	for _, h := range servers {
		h.trouble = func(int, *http.Request) *http.Response {
			if asked.Add(1) == int64(after) {
				cancel()
			}
			return nil
		}
	}
	store, err := openTestStore(&opts, "secret")
	if err != nil {
		t.Fatal(err)
	}
	report, err := compareAll(ctx, [2]Server{servers[0].client(), servers[1].client()}, [2]string{}, opts, store)
	store.writers.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err != nil {
		time.Sleep(time.Second)
		return nil
	}
	return report
}
