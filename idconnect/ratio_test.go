package idconnect_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/cost"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// costlyPair are two servers with so many users on one machine with two processors,
// where a request costs that much besides its records.
type costlyPair struct {
	servers [2]*cost.Server
	clients [2]*openidm.Client
	mu      sync.Mutex
	asked   [2][]string
}

func newCostlyPair(t *testing.T, users, links int, request time.Duration) *costlyPair {
	model := cost.OrientDB()
	model.Request = request
	p := &costlyPair{}
	options := openidmtest.Options{Roles: 7, Links: links, InMemory: true, Generation: openidmtest.IDM71}
	var first *openidmtest.Server
	for side := range p.servers {
		var others *openidmtest.Server
		if side == 0 {
			first = openidmtest.NewSource(t, options)
			others = first
		} else {
			options.StoresOf = first
			others = openidmtest.NewTarget(t, options)
		}
		p.servers[side] = cost.NewServer(users, 2, model)
		p.servers[side].Beside(p.servers[0])
		transport := cost.Transport{Server: p.servers[side], Others: others.Transport(), Asked: func(r *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked[side] = append(p.asked[side], r.URL.Path+"?"+r.URL.RawQuery)
		}}
		p.clients[side] = &openidm.Client{
			BaseURL: others.URL, HTTPClient: &http.Client{Transport: transport},
			Credentials: openidm.Credentials{Username: "openidm-admin",
				Password: keystore.NewPassword("openidm-admin")},
		}
	}
	return p
}

// compare compares collections, nil: all, and says how long that took.
func (p *costlyPair) compare(t *testing.T, collections []verify.Collection) (*verify.Report, time.Duration) {
	t.Helper()
	began := time.Now()
	r, err := idconnect.Verify(t.Context(), p.clients[0], p.clients[1],
		idconnect.VerifyOptions{Options: verify.Options{Collections: collections}})
	if err != nil {
		t.Fatal(err)
	}
	return r, time.Since(began)
}

// download fetches all users by ranges of 1000, four at once, as somebody does who
// knows their ids.
func (p *costlyPair) download(t *testing.T, users int) time.Duration {
	began := time.Now()
	var all sync.WaitGroup
	for side := range p.servers {
		var next atomic.Int64
		for range 4 {
			all.Go(func() {
				for {
					from := int(next.Add(1000)) - 1000
					if from >= users {
						return
					}
					filter := fmt.Sprintf(`_id gt "u%07d" and _id le "u%07d"`, from, from+1000)
					q := openidm.Query{PageSize: 1001, Filter: filter}
					if _, err := p.servers[side].QueryBody(t.Context(), "", q, "", nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	return time.Since(began)
}

// TestVerifyRatio: a whole comparison with its checks takes little longer than the
// download of the records, whatever a request costs, and asks for little besides.
func TestVerifyRatio(t *testing.T) {
	t.Parallel()
	const users, most, mostRequests = 20_000, 1.2, 60
	for _, request := range []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			bare := newCostlyPair(t, users, 0, request).download(t, users)
			p := newCostlyPair(t, users, 0, request)
			r, took := p.compare(t, []verify.Collection{{Name: "users", Resource: "repo/managed/user"}})
			ratio, requests := took.Seconds()/bare.Seconds(), len(p.asked[0])+len(p.asked[1])
			t.Logf("a request costs %s: %s, a bare download %s: %.2f times, %d requests", request, took, bare, ratio,
				requests)
			c := r.Collections[0]
			if c.SourceCount != users || c.TargetCount != users || c.Differences() != 0 || c.Passes != 1 {
				t.Errorf("%+v", c)
			}
			if ratio > most || requests > mostRequests {
				t.Errorf("%.2f times a bare download, %d requests:\n%s\n%s", ratio, requests,
					strings.Join(p.asked[0], "\n"), strings.Join(p.asked[1], "\n"))
			}
		})
	}
}

// TestVerifyAsksOnce: the other collections are planned while users are, a small one
// is a request, and links are not read again to count them.
func TestVerifyAsksOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const links = 1500
		p := newCostlyPair(t, 2000, links, 10*time.Millisecond)
		r, took := p.compare(t, nil)
		if len(r.Collections) != 4 || r.Collections[3].SourceCount != links || r.Collections[3].Differences() != 0 {
			t.Fatalf("%+v", r)
		}
		for _, asked := range p.asked {
			n := map[string]int{}
			for _, a := range asked {
				path, query, _ := strings.Cut(a, "?")
				path = path[strings.LastIndexByte(path, '/')+1:]
				n[path]++
				if path == "link" && strings.Contains(query, "linkType") {
					t.Errorf("links are counted by reading them: %s", query)
				}
			}
			t.Logf("%s, %d requests: %v", took, len(asked), n)
			if n["role"] != 1 || n["assignment"] != 1 || n["link"] > 10 || len(asked) > 45 {
				t.Errorf("%d requests: %v", len(asked), n)
			}
		}
	})
}
