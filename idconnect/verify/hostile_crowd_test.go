package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

var decomposed = strings.NewReplacer("é", "e\u0301", "É", "E\u0301")

var plainKeys sync.Map // of ids, for plainOrder

// plainOrder is without accents and case, and without spaces at the end.
func plainOrder(a, b string) int {
	key := func(s string) string {
		if key, ok := plainKeys.Load(s); ok {
			return key.(string)
		}
		key := strings.ToLower(strings.TrimRight(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, decomposed.Replace(s)), " "))
		plainKeys.Store(s, key)
		return key
	}
	return strings.Compare(key(a), key(b))
}

// hostileCrowds are collections all of whose ids are of a kind that bounds are made of.
var hostileCrowds = map[string]struct {
	ids  func(i int) []string
	set  func(h *hostile)
	plan string
}{
	"variants, by their bytes":  {variants, func(h *hostile) {}, "ranges of _id"},
	"variants without case":     {variants, func(h *hostile) { h.order = foldOrder }, "ranges of _id"},
	"variants without anything": {variants, func(h *hostile) { h.order = plainOrder }, "ranges of _id"},
	"variants without anything, no larger than a page": {variants, func(h *hostile) {
		h.order, h.most = plainOrder, 3
	}, "pages: "},
	"variants as people sort them": {variants, func(h *hostile) { h.order = peopleOrder }, "ranges of _id"},
	"bounds that are exact": {variants, func(h *hostile) {
		h.order, h.exact, h.counts = plainOrder, true, func(n int) int { return n }
	}, "pages: "},
	"long ones":                    {long, func(h *hostile) { h.maxFilter = 8000 }, "ranges of _id"},
	"long ones at a strict server": {long, func(h *hostile) { h.maxFilter = 1000 }, "pages: "},
	"longer ones": {func(i int) []string { return []string{strings.Repeat("ü", 500) + fmt.Sprint(i)} },
		func(h *hostile) { h.maxFilter = 8000 }, "pages: no id of a page can stand in a filter"},
	"quotes at a server that refuses them": {
		func(i int) []string { return []string{fmt.Sprintf(`%d"`, i), fmt.Sprint(i, "'")} },
		func(h *hostile) {
			h.refuses = func(f string) int {
				if strings.Contains(f, `\"`) {
					return http.StatusBadRequest
				}
				return 0
			}
		}, ""},
	"control characters": {func(i int) []string { return []string{fmt.Sprintf("\x00%d\t", i)} },
		func(h *hostile) {}, "pages: no id of a page can stand in a filter"},
}

func variants(i int) (ids []string) {
	word := fmt.Sprintf("%c%c é%d", 'a'+i%26, 'a'+i/26%26, i)
	return []string{word, strings.ToUpper(word), decomposed.Replace(word), word + " ", word + "  "}
}

func long(i int) []string { return []string{strings.Repeat(`"`, 350) + fmt.Sprint(i*7919%10007)} }

// TestHostileCrowds reads each of them.
func TestHostileCrowds(t *testing.T) {
	t.Parallel()
	n := 400
	if exhaustive.All() {
		n = 1000
	}
	for name, tc := range hostileCrowds {
		for side := range 2 {
			if !tried(name, side) {
				continue
			}
			t.Run(fmt.Sprint(name, " of the ", sides[side]), func(t *testing.T) {
				t.Parallel()
				source := &hostile{request: 10 * time.Millisecond, each: 80 * time.Microsecond}
				for i := 0; len(source.ids) < n; i++ {
					for _, id := range tc.ids(i) {
						source.put(id, "m")
					}
				}
				target := source.clone()
				var missing, changed []string
				for i := 3; i < n; i += n / 5 {
					missing, changed = append(missing, source.ids[i]), append(changed, source.ids[i+1])
					target.drop(source.ids[i])
					target.put(source.ids[i+1], "other")
				}
				slices.Sort(missing)
				slices.Sort(changed)
				servers := [2]*hostile{source, target}
				tc.set(servers[side])
				c := readHostile(t, servers, side, tc.plan, Options{PageSize: 50})
				if checkHostile(t, c, missing, nil, changed); c.Shifted > 0 {
					t.Error(c.Result())
				}
			})
		}
	}
}
