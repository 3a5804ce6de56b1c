package verify

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestLinearIDs: however ids are written, and in whatever order they were made, ranges of
// them are read at once, and few records twice.
func TestLinearIDs(t *testing.T) {
	t.Parallel()
	const digits, letters, capitals = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const hex, all = digits + "abcdef", digits + letters + capitals
	for name, id := range map[string]func(r *rand.Rand, i int) string{
		"UUIDs":             func(r *rand.Rand, _ int) string { return pick(r, hex, 8) + "-" + pick(r, hex, 24) },
		"GUIDs":             func(r *rand.Rand, _ int) string { return strings.ToUpper(pick(r, hex, 32)) },
		"base 62":           func(r *rand.Rand, _ int) string { return pick(r, all, 22) },
		"Salesforce's":      func(r *rand.Rand, _ int) string { return "0055g00000" + pick(r, all, 8) },
		"numbers":           func(_ *rand.Rand, i int) string { return fmt.Sprint(i) },
		"names and numbers": func(_ *rand.Rand, i int) string { return fmt.Sprint("user", i) },
		"mail addresses": func(r *rand.Rand, i int) string {
			return pick(r, letters, 3+r.IntN(5)) + "." + pick(r, letters, 4+r.IntN(7)) + fmt.Sprint(i) + "@example.com"
		},
		"distinguished names": func(r *rand.Rand, i int) string {
			return "cn=" + pick(r, letters, 8) + fmt.Sprint(i) + ",ou=People,dc=example,dc=com"
		},
	} {
		for order, compare := range map[string]func(a, b string) int{"bytes": nil, "folded": foldOrder} {
			if name != "base 62" && compare != nil {
				continue
			}
			t.Run(name+", "+order, func(t *testing.T) {
				t.Parallel()
				const records, size = 6000, 150
				r := rand.New(rand.NewPCG(1, 2))
				h := &hostile{request: 10 * time.Millisecond, each: 500 * time.Microsecond, order: compare}
				for i := 0; len(h.ids) < records; i++ {
					h.put(id(r, i), "m")
				}
				o := h.clone()
				h.counts = func(n int) int { return n }
				o.request, o.each = h.request, h.each
				c, took, err := compareHostile(t, [2]*hostile{h, o}, Options{PageSize: size})
				if err != nil || c.Differences() > 0 || c.Passes > 1 {
					t.Fatalf("%v, %s, %d passes", err, c.Result(), c.Passes)
				}
				bare := records * (h.each + h.request/(2*size)) / 4
				t.Logf("%.2f times, %d and %d requests, %.2f and %.2f times the records", took.Seconds()/bare.Seconds(),
					h.asked, o.asked, float64(h.total())/records, float64(o.total())/records)
				if most := records * 3 / 2; took > 2*bare || h.total() > most || o.total() > most {
					t.Errorf("%s, a bare download %s; %d and %d records", took, bare, h.total(), o.total())
				}
			})
		}
	}
}

func pick(r *rand.Rand, from string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}
