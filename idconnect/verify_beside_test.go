package idconnect_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// held sends for the first range of users when release is called, and notes what was
// asked. More of them would keep out what is planned meanwhile.
type held struct {
	next     http.RoundTripper
	holds    atomic.Bool
	released chan struct{}
	release  func()

	mu    sync.Mutex
	asked []string
}

func holdUsers(c *openidm.Client) *held {
	h := &held{next: c.HTTPClient.Transport, released: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.released) })
	c.HTTPClient = &http.Client{Transport: h}
	return h
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/openidm/")
	size, _ := strconv.Atoi(r.FormValue("_pageSize"))
	if strings.HasSuffix(path, "managed/user") && size > 200 && h.holds.CompareAndSwap(false, true) {
		select {
		case <-h.released:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	h.mu.Lock()
	if size != 1 { // which only looks whether there is one
		h.asked = append(h.asked, path)
	}
	h.mu.Unlock()
	return h.next.RoundTrip(r)
}

func (h *held) hasAsked(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.asked {
		if strings.HasPrefix(p, path) {
			return true
		}
	}
	return false
}

// TestChecksBeside: what the acceptance checks need of the configuration is asked for
// while the records are read, and no record before those are compared. The time of a
// check is its own.
func TestChecksBeside(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 600)
	for _, s := range []*openidmtest.Server{source, target} {
		s.Put("repo/managed/group", "g1", map[string]any{"name": "group"})
	}
	from, to := verifyClient(source, "openidm-admin"), verifyClient(target, "openidm-admin")
	users := holdUsers(from)
	const waited = 300 * time.Millisecond
	go func() {
		for !users.hasAsked("config/sync") && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(waited)
		if users.hasAsked("repo/managed/group") {
			t.Error("the groups were read before the users were compared")
		}
		users.release()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	report, err := idconnect.Verify(ctx, from, to, idconnect.VerifyOptions{})
	if err != nil || !users.hasAsked("repo/managed/group") {
		t.Fatal("groups not read, or ", err)
	}
	if len(report.Checks) != 9 || report.Failed == nil || len(report.Collections) != 4 {
		t.Errorf("%d checks, %d collections, failed records: %v", len(report.Checks), len(report.Collections),
			report.Failed)
	}
	for _, c := range report.Checks {
		if c.Seconds < 0 || c.Seconds > (time.Since(began)-waited).Seconds() {
			t.Errorf("%s took %v s, with the comparison", c.Code, c.Seconds)
		}
	}
}

// TestChecksBesideFailure: a comparison that fails ends the checks with its own error.
func TestChecksBesideFailure(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 50)
	for _, path := range []string{"repo/managed/user", "managed/user"} {
		target.Fail(openidmtest.Fault{Path: path, Status: 401, Body: `{"code":401,"message":"m"}`})
	}
	from, to := verifyClient(source, "openidm-admin"), verifyClient(target, "openidm-admin")
	report, err := idconnect.Verify(t.Context(), from, to, idconnect.VerifyOptions{})
	if !errors.Is(err, openidm.ErrUnauthorized) || len(report.Checks) != 0 || !report.Incomplete {
		t.Errorf("%v: %v", err, report)
	}
}
