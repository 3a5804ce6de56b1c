package openidm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// table answers queries with a plain offset as cookie, as a real server does;
// change alters the ids before each page.
func table(ids []string, change func(page int, ids []string) []string) script {
	page := 0
	return func(r *http.Request) (*http.Response, error) {
		if change != nil {
			ids = change(page, ids)
		}
		page++
		q := r.URL.Query()
		offset, _ := strconv.Atoi(q.Get("_pagedResultsCookie"))
		size, _ := strconv.Atoi(q.Get("_pageSize"))
		offset = min(offset, len(ids))
		end := min(offset+size, len(ids))
		var records []string
		for _, id := range ids[offset:end] {
			records = append(records, fmt.Sprintf(`{"_id":%q}`, id))
		}
		cookie := "null"
		if end < len(ids) {
			cookie = strconv.Quote(strconv.Itoa(end))
		}
		return answer(200, fmt.Sprintf(`{"result":[%s],"resultCount":%d,"pagedResultsCookie":%s}`,
			strings.Join(records, ","), len(records), cookie)), nil
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		ids    string
		change func(int, []string) []string
		want   string
		seen   Seen
	}{
		{"none", "", nil, "", Seen{Pages: 1}},
		{"one page", "a b", nil, "a b", Seen{Pages: 1, Records: 2}},
		{"full pages", "a b c d", nil, "a b c d", Seen{Pages: 2, Records: 4}},
		{"a rest", "a b c d e", nil, "a b c d e", Seen{Pages: 3, Records: 5}},
		{"a record is added in front", "a b c d", func(page int, ids []string) []string {
			if page == 1 {
				return append([]string{"new"}, ids...)
			}
			return ids
		}, "a b c d", Seen{Pages: 3, Records: 4, Again: 1}},
		{"a record is removed in front", "a b c d e f", func(page int, ids []string) []string {
			if page == 1 {
				return ids[1:]
			}
			return ids
		}, "a b d e f", Seen{Pages: 3, Records: 5}},
		{"the table ends meanwhile", "a b c d e f", func(page int, ids []string) []string {
			if page == 1 {
				return ids[:1]
			}
			return ids
		}, "a b", Seen{Pages: 2, Records: 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := scripted(table(strings.Fields(tc.ids), tc.change))
			var got []string
			var seen Seen
			for record, err := range c.Query(t.Context(), "managed/user", Query{PageSize: 2, Seen: &seen}) {
				if err != nil {
					t.Fatal(err)
				}
				var r struct {
					ID string `json:"_id"`
				}
				if err := json.Unmarshal(record, &r); err != nil {
					t.Fatal(err)
				}
				got = append(got, r.ID)
			}
			if strings.Join(got, " ") != tc.want || seen != tc.seen {
				t.Errorf("%v, %+v", got, seen)
			}
		})
	}
}

func TestQueryParameters(t *testing.T) {
	t.Parallel()
	var got string
	c := scripted(func(r *http.Request) (*http.Response, error) {
		got = r.URL.RawQuery
		return answer(200, `{"result":[]}`), nil
	})
	for _, tc := range []struct {
		q      Query
		cookie string
		want   string
	}{
		{Query{}, "", "_pageSize=500&_queryFilter=true"},
		{Query{Filter: `userName sw "u+0&"`, Fields: []string{"a", "b/c"},
			SortKeys: []string{"-a", "b"}, PageSize: 3}, "4 %",
			"_fields=a%2Cb%2Fc&_pageSize=3&_pagedResultsCookie=4+%25&" +
				"_queryFilter=userName+sw+%22u%2B0%26%22&_sortKeys=-a%2Cb"},
	} {
		if _, err := c.QueryPage(t.Context(), "x", tc.q, tc.cookie); err != nil || got != tc.want {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func TestQueryErrors(t *testing.T) {
	t.Parallel()
	page := 0
	for _, tc := range []struct {
		name   string
		answer func() string
		want   error
		most   int // pages
	}{
		{"failed midway", func() string {
			return `{"result":[{"_id":"a"}],"error":{"code":500,"reason":"r","message":"it &lt; broke"}}`
		}, ErrPartialResult, 1},
		{"failed midway, as text", func() string { return `{"result":[{"_id":"a"}],"error":"it < broke"}` },
			ErrPartialResult, 1},
		{"a cookie that repeats", func() string { return `{"result":[{"_id":"a"}],"pagedResultsCookie":"x"}` },
			ErrPaging, 2},
		{"a numeric cookie that repeats", func() string {
			return `{"result":[{"_id":"a"}],"pagedResultsCookie":7}`
		}, ErrPaging, 2},
		{"pages without end", func() string {
			return fmt.Sprintf(`{"result":[],"pagedResultsCookie":"%d"}`, page)
		}, ErrPaging, maxIdlePages},
		{"the same page without end", func() string {
			return fmt.Sprintf(`{"result":[{"_id":"a"}],"pagedResultsCookie":"%d"}`, page)
		}, ErrPaging, maxIdlePages + 1},
		{"a record that is none", func() string { return `{"result":[1]}` }, ErrNotOpenIDM, 1},
		{"no result", func() string { return `{"a":1}` }, ErrNotOpenIDM, 1},
	} {
		page = 0
		c := scripted(func(*http.Request) (*http.Response, error) {
			page++
			return answer(200, tc.answer()), nil
		})
		var last error
		for _, err := range c.Query(t.Context(), "x", Query{}) {
			if last != nil {
				t.Errorf("%s: goes on after %v", tc.name, last)
			}
			last = err
		}
		if !errors.Is(last, tc.want) || page != tc.most {
			t.Errorf("%s: %v after %d pages", tc.name, last, page)
		}
		if tc.want == ErrPartialResult && !strings.Contains(last.Error(), "it < broke") {
			t.Errorf("%s: %v", tc.name, last)
		}
	}
}

func TestQueryStopsWhenAsked(t *testing.T) {
	t.Parallel()
	pages := 0
	f := table(strings.Fields("a b c d"), nil)
	c := scripted(func(r *http.Request) (*http.Response, error) { pages++; return f(r) })
	for range c.Query(t.Context(), "x", Query{PageSize: 2}) {
		break
	}
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Number{
		`0`: 0, `12`: 12, `"12"`: 12, `" 7 "`: 7, `"?"`: -1, `""`: -1, `null`: -1, `-3`: -1, `1.5`: -1,
		`1e3`: 1000, `"12 users"`: -1,
		`[]`: -1, `{}`: -1, `true`: -1, `99999999999999999999`: -1,
	} {
		got := Number(5)
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
}

func TestRecon(t *testing.T) {
	t.Parallel()
	const run = `{"_id":"a/b","mapping":"m","state":"SUCCESS","stage":"COMPLETED_SUCCESS",
		"statusSummary":{"SUCCESS":"3","FAILURE":1},
		"progress":{"source":{"existing":{"processed":7,"total":"?"}},
			"target":{"existing":{"processed":0,"total":"12"},"created":2}},"ended":""}`
	var asked []string
	c := scripted(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		if r.URL.Path == "/openidm/recon" && r.Method == "GET" {
			return answer(200, `{"_id":"","reconciliations":[`+run+`,{"_id":"b","progress":"odd"}]}`), nil
		}
		return answer(200, run), nil
	})
	r, err := c.Recon(t.Context(), "a/b")
	if err != nil || r.Failures() != 1 || r.StatusSummary["SUCCESS"] != 3 ||
		r.Progress.Source.Existing != (ReconCount{7, -1}) ||
		r.Progress.Target.Existing != (ReconCount{0, 12}) || r.Progress.Target.Created != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	list, err := c.Recons(t.Context())
	if err != nil || len(list) != 2 || list[1].Failures() != -1 ||
		list[1].Progress.Source.Existing.Processed != -1 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := c.StartRecon(t.Context(), "m&n"); err != nil {
		t.Error(err)
	}
	if err := c.CancelRecon(t.Context(), "a/b"); err != nil {
		t.Error(err)
	}
	want := "GET /openidm/recon/a%2Fb\nGET /openidm/recon\nPOST /openidm/recon?_action=recon&mapping=m%26n\nPOST " +
		"/openidm/recon/a%2Fb?_action=cancel"
	if got := strings.Join(asked, "\n"); got != want {
		t.Error(got)
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	for _, e := range recorded(t) {
		if e.Name != "config list" {
			continue
		}
		c := scripted(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/openidm/config" {
				return answer(200, string(e.Response.JSON)), nil
			}
			return answer(200, `{"_id":"`+strings.TrimPrefix(r.URL.Path, "/openidm/config/")+`"}`), nil
		})
		ids, err := c.Configs(t.Context())
		if err != nil || len(ids) == 0 {
			t.Fatal(ids, err)
		}
		for _, id := range ids {
			var doc struct {
				ID string `json:"_id"`
			}
			if err := c.Config(t.Context(), id, &doc); err != nil || doc.ID != id {
				t.Errorf("%s: %+v, %v", id, doc, err)
			}
		}
		return
	}
	t.Fatal("no recorded list")
}
