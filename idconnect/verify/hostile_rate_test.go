package verify

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestHostileLimits: no server gets more requests at once than it may, nor more records a
// second than a tenth above the rate, from the first one on, whatever is asked for and
// however it is read.
func TestHostileLimits(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(h *hostile){
		"ranges":       func(*hostile) {},
		"pages":        func(h *hostile) { h.ignores = true },
		"sorted pages": func(h *hostile) { h.ignores, h.shuffled = true, true },
		"a server that is slow at times": func(h *hostile) {
			h.changes = func(h *hostile, n int) {
				if h.request = 10 * time.Millisecond; n%10 == 0 {
					h.request = 3 * time.Second
				}
			}
		},
		"a server that is busy at times": func(h *hostile) {
			h.trouble = func(n int, _ *http.Request) *http.Response {
				if n%7 == 0 {
					busy := refusal(http.StatusServiceUnavailable)
					busy.Header.Set("Retry-After", "1")
					return busy
				}
				return nil
			}
		},
		"ids that are read one by one": func(h *hostile) {
			h.refuses = func(f string) int {
				if len(f) > 5 && f[:7] == "_id eq " {
					return http.StatusBadRequest
				}
				return 0
			}
		},
	} {
		for _, limit := range [][2]int{{1, 0}, {2, 300}, {8, 0}, {8, 30}} {
			concurrency, rate := limit[0], limit[1]
			t.Run(fmt.Sprintf("%s, %d at once, %d a second", name, concurrency, rate), func(t *testing.T) {
				t.Parallel()
				servers, _, _, _ := hostilePair(1500)
				for i := 100; i < 300; i++ {
					servers[1].drop(fmt.Sprintf("u%05d", i))
				}
				set(servers[0])
				set(servers[1])
				began := servers[0].now()
				c, took, err := compareHostile(t, servers, Options{Concurrency: concurrency, Rate: rate})
				if err != nil || c.MissingCount != 203 {
					t.Fatalf("%v, %s", err, c.Result())
				}
				for side, h := range servers {
					if h.widest > concurrency {
						t.Errorf("%d requests at once at the %s", h.widest, sides[side])
					}
					checkRate(t, sides[side], h, rate, began)
				}
				t.Logf("%s, %d records, %d requests, %d at once, %s", took, servers[1].total(), servers[1].asked,
					servers[1].widest, c.Plans)
			})
		}
	}
}

func checkRate(t *testing.T, side string, h *hostile, rate int, began time.Time) {
	t.Helper()
	if rate == 0 {
		return
	}
	n := 0
	for _, g := range h.given {
		n += g.n
		if since := g.at.Sub(began).Seconds(); float64(n) > 1.1*float64(rate)*since+4 {
			t.Errorf("the %s gave %d records in %.2f s", side, n, since)
			return
		}
	}
}
