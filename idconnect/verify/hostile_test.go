package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostilePair is two servers with the same ids, hostile ones among them, that differ in
// three records of each kind.
func hostilePair(records int) (servers [2]*hostile, missing, extra, changed []string) {
	source := &hostile{request: 10 * time.Millisecond, each: 80 * time.Microsecond}
	for i := range records {
		source.put(fmt.Sprintf("u%05d", i), "m")
	}
	for _, id := range hostileIDs {
		source.put(id, "m")
	}
	target := source.clone()
	target.request, target.each = source.request, source.each
	missing = []string{"u00001", fmt.Sprintf("u%05d", records-1), "zoë"}
	extra = []string{"u00007", fmt.Sprintf("u%05d", records/2), `a"b`}
	changed = []string{"u00003", fmt.Sprintf("u%05d", records/3), "ZOË"}
	for i := range missing {
		target.drop(missing[i])
		source.drop(extra[i])
		target.put(changed[i], "other")
	}
	for _, list := range [][]string{missing, extra, changed} {
		slices.Sort(list)
	}
	return [2]*hostile{source, target}, missing, extra, changed
}

var hostileIDs = append([]string{"Zoë", "zoë", "ZOË", "zoe\u0308", "nul\x00", "tab\t", "u-1", "u_1", "-", "u", "U",
	"u ", " u", "+", "%", "%2B", strings.Repeat("ö", 400), strings.Repeat(`"`, 400)}, seededIDs...)

// hostileServers do what servers should not.
var hostileServers = map[string]struct {
	set  func(h *hostile)
	plan string // how it begins
	most int    // records given of each, in hundredths; 0: any number
}{
	"a sound one": {func(*hostile) {}, "ranges of _id", 230},
	"at most 100": {func(h *hostile) { h.most = 100 }, "ranges of _id", 230},
	"at most 37":  {func(h *hostile) { h.most = 37 }, "ranges of _id", 230},
	"any size":    {func(h *hostile) { h.ignoresSize = true }, "one page", 450},
	"one more":    {func(h *hostile) { h.oneMore = true }, "ranges of _id", 230},
	"no filters":  {func(h *hostile) { h.ignores = true }, "pages: the server does not filter by _id", 0},
	"filters refused": {func(h *hostile) {
		h.refuses = func(f string) int {
			if f != "true" {
				return http.StatusBadRequest
			}
			return 0
		}
	}, "pages: the server refuses a filter by _id (400)", 0},
	"filters answered with HTML": {func(h *hostile) {
		h.trouble = func(_ int, r *http.Request) *http.Response {
			if strings.Contains(r.URL.Query().Get("_queryFilter"), "_id") {
				return answer(http.StatusOK, "<html>blocked</html>")
			}
			return nil
		}
	}, "pages: ", 0},
	"quotes refused": {func(h *hostile) {
		h.refuses = func(f string) int {
			if strings.ContainsAny(f, `\'`) || strings.Contains(f, "u00") && strings.Contains(f, "99") {
				return http.StatusForbidden
			}
			return 0
		}
	}, "", 0},
	"long addresses refused": {func(h *hostile) { h.maxFilter = 4000 }, "ranges of _id", 230},
	"cookies to the end":     {func(h *hostile) { h.cookieAlways = true }, "pages: ", 0},
	"counts right":           {func(h *hostile) { h.counts = func(n int) int { return n } }, "ranges of _id", 230},
	"counts too many":        {func(h *hostile) { h.counts = func(n int) int { return 10*n + 7 } }, "", 0},
	"counts too few":         {func(h *hostile) { h.counts = func(n int) int { return n/100 + 1 } }, "", 0},
	"counts one result less": {func(h *hostile) { h.says = func(n int) int { return max(n-1, 0) } }, "", 0},
	"counts no results":      {func(h *hostile) { h.says = func(int) int { return 0 } }, "", 0},
	"counts more results":    {func(h *hostile) { h.says = func(n int) int { return n + 1000 } }, "", 0},
	"folds case":             {func(h *hostile) { h.order = foldOrder }, "ranges of _id", 300},
	"folds case, but for bounds": {func(h *hostile) {
		h.order, h.exact, h.counts = foldOrder, true, func(n int) int { return n }
	}, "", 0},
	"sorts as people do": {func(h *hostile) { h.order = peopleOrder }, "ranges of _id", 300},
	"pages in no order":  {func(h *hostile) { h.shuffled, h.ignores = true, true }, "sorted pages: ", 0},
	"HTML now and then": {func(h *hostile) {
		h.trouble = func(n int, _ *http.Request) *http.Response {
			if n%13 == 12 {
				return answer(http.StatusOK, "<html>one moment</html>")
			}
			return nil
		}
	}, "ranges of _id", 300},
	"500 now and then": {func(h *hostile) {
		h.trouble = func(n int, _ *http.Request) *http.Response {
			if n%13 == 12 {
				return refusal(http.StatusInternalServerError)
			}
			return nil
		}
	}, "ranges of _id", 300},
	"busy now and then": {func(h *hostile) {
		h.trouble = func(n int, _ *http.Request) *http.Response {
			if n%5 == 4 {
				busy := refusal([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[n/5%2])
				busy.Header.Set("Retry-After", "2")
				return busy
			}
			return nil
		}
	}, "ranges of _id", 300},
	"cut in the middle now and then": {func(h *hostile) {
		h.trouble = func(n int, r *http.Request) *http.Response {
			if n%5 == 4 {
				cut := answer(http.StatusOK, `{"result":[{"_id":"u00001","mail":"x`)
				cut.Body = cutOff{cut.Body}
				cut.ContentLength = 5000
				return cut
			}
			return nil
		}
	}, "ranges of _id", 300},
}

// TestHostileServers: whatever a server does, the result is right, and the plan says how
// it was come by.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	for name, tc := range hostileServers {
		for side := range 2 {
			if !tried(name, side) {
				continue
			}
			t.Run(fmt.Sprint(name, " of the ", sides[side]), func(t *testing.T) {
				t.Parallel()
				const records = 1500
				servers, missing, extra, changed := hostilePair(records)
				tc.set(servers[side])
				c := readHostile(t, servers, side, tc.plan, Options{PageSize: 200})
				checkHostile(t, c, missing, extra, changed)
				if n := servers[side].total(); tc.most > 0 && n > records*tc.most/100 {
					t.Errorf("%d records were given of %d", n, records)
				}
			})
		}
	}
}
