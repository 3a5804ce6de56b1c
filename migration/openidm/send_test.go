package openidm

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// broken is a body that ends early.
func broken(status int) *http.Response {
	r := answer(status, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a":`), errReader{}))
	return r
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRetries(t *testing.T) {
	t.Parallel()
	const busy = `{"code":503,"reason":"Service Unavailable","message":"starting"}`
	brokenOff := errors.New("the body breaks off")
	for _, tc := range []struct {
		name       string
		repeatable bool
		retries    int
		code       int    // of all answers but the last
		body       string // of theirs, busy where it is ""
		header     []string
		err        error // in their place
		failures   int
		attempts   int
		want       error
		least      time.Duration
		most       time.Duration
	}{
		{name: "reset, then good", repeatable: true, err: syscall.ECONNRESET, failures: 2,
			attempts: 3, most: 2 * time.Second},
		{name: "503, then good", repeatable: true, code: 503, failures: 4,
			attempts: 5, most: 5 * time.Second},
		{name: "503 to the end", repeatable: true, code: 503, failures: 99, attempts: 5,
			want: ErrUnavailable, most: 5 * time.Second},
		{name: "a body that breaks off", repeatable: true, err: brokenOff, failures: 1,
			attempts: 2, most: time.Second},
		{name: "Retry-After", repeatable: true, code: 429, header: []string{"Retry-After", "3"}, failures: 1,
			attempts: 2, least: 3 * time.Second, most: 4 * time.Second},
		{name: "endless Retry-After", repeatable: true, code: 503, header: []string{"Retry-After", "86400"},
			failures: 1, attempts: 2, least: 10 * time.Second, most: 11 * time.Second},
		{name: "no retries", repeatable: true, retries: -1, err: syscall.ECONNRESET, failures: 1,
			attempts: 1, want: ErrUnavailable},
		{name: "refused", repeatable: true, err: syscall.ECONNREFUSED, failures: 9, attempts: 1, want: ErrUnavailable},
		{name: "404", repeatable: true, code: 404, body: `{"code":404}`, failures: 9,
			attempts: 1, want: ErrNotFound},
		{name: "500", repeatable: true, code: 500, body: `{"code":500}`, failures: 9,
			attempts: 1, want: &Error{}},
		{name: "once: reset", err: syscall.ECONNRESET, failures: 9, attempts: 1, want: ErrUnavailable},
		{name: "once: 503", code: 503, failures: 9, attempts: 1, want: ErrUnavailable},
		{name: "once: broken", err: brokenOff, failures: 9, attempts: 1, want: ErrUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := scripted(func(r *http.Request) (*http.Response, error) {
					if b, err := io.ReadAll(r.Body); err != nil || string(b) != `"body"` {
						t.Errorf("attempt %d sent %q, %v", n, b, err)
					}
					n++
					switch {
					case n > tc.failures:
						return answer(200, `{"a":1}`), nil
					case errors.Is(tc.err, brokenOff):
						return broken(200), nil
					case tc.err != nil:
						return nil, tc.err
					}
					return answer(tc.code, cmp.Or(tc.body, busy), tc.header...), nil
				})
				c.Retries = tc.retries
				began := time.Now()
				err := c.Action(t.Context(), "x", "y", ActionRequest{Body: "body",
					Repeatable: tc.repeatable}, nil)
				took := time.Since(began)
				if n != tc.attempts || took < tc.least || took > tc.most {
					t.Errorf("%d attempts in %v", n, took)
				}
				var e *Error
				if _, any := tc.want.(*Error); any && !errors.As(err, &e) || !any &&
					!errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				if errors.As(err, &e) && e.Code == 503 && e.Message != "starting" {
					t.Errorf("the last answer was not read: %+v", e)
				}
			})
		})
	}
}

func TestSent(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{})
	soon, cancelSoon := context.WithCancel(t.Context())
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("_action") {
		case "hang":
			cancelSoon()
			<-hung
		case "cut":
			panic(http.ErrAbortHandler)
		}
	})
	defer close(hung)
	c := clientOf(s)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		action  string
		ctx     context.Context
		sent    bool
		wanted  error
		unwant  error
		comment string
	}{
		{"cut", t.Context(), true, ErrUnavailable, context.Canceled, "the answer was lost"},
		{"cut", ended, false, context.Canceled, ErrUnavailable, "cancelled before"},
		{"hang", soon, true, context.Canceled, ErrUnavailable, "cancelled while it waits"},
	} {
		err := c.Action(tc.ctx, "x", tc.action, ActionRequest{}, nil) // a timeout would be another error
		var network *NetworkError
		if !errors.As(err, &network) || network.Sent() != tc.sent || !errors.Is(err, tc.wanted) ||
			errors.Is(err, tc.unwant) {
			t.Errorf("%s: %v", tc.comment, err)
		}
	}
}

func TestCancelledBetweenAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := scripted(func(*http.Request) (*http.Response, error) {
			return answer(503, "{}", "Retry-After", "9"), nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		began := time.Now()
		err := c.Read(ctx, "x", nil)
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) ||
			time.Since(began) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestTimeoutOfAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := scripted(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c.Timeout = 7 * time.Second
		began := time.Now()
		err := c.Action(t.Context(), "x", "y", ActionRequest{}, nil)
		var network *NetworkError
		if !errors.Is(err, ErrUnavailable) || !errors.As(err, &network) || !network.Sent() ||
			time.Since(began) != 7*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	t.Run("concurrency", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			c := scripted(func(*http.Request) (*http.Response, error) {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				now.Add(-1)
				return answer(200, "{}"), nil
			})
			c.Concurrency = 3
			began := time.Now()
			var wg sync.WaitGroup
			for i := range 9 {
				k := c
				if i%2 == 0 {
					k = c.As(Anonymous())
				}
				wg.Go(func() {
					if err := k.Read(t.Context(), "x", nil); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if most.Load() != 3 || time.Since(began) != 3*time.Second {
				t.Errorf("%d at once, %v", most.Load(), time.Since(began))
			}
		})
	})
	t.Run("interval", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := scripted(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil })
			c.Interval = 250 * time.Millisecond
			began := time.Now()
			for range 5 {
				if err := c.Read(t.Context(), "x", nil); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("%v", took)
			}
		})
	})
}

func TestMaxBody(t *testing.T) {
	t.Parallel()
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		n := 0
		c := scripted(func(*http.Request) (*http.Response, error) {
			n++
			return answer(200, `"`+strings.Repeat("x", 100)+`"`), nil
		})
		c.MaxBody = 101
		if err := c.Read(t.Context(), "x", nil); !errors.Is(err, ErrTooLarge) ||
			errors.Is(err, ErrUnavailable) || n != 1 {
			t.Errorf("%v after %d attempts", err, n)
		}
		whole := scripted(func(*http.Request) (*http.Response, error) { return answer(200, `"x"`), nil })
		whole.MaxBody = 3
		if err := whole.Read(t.Context(), "x", nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("unpacks to too much", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, `"`+strings.Repeat("x", 1<<20)+`"`)
			z.Close()
		})
		c := clientOf(s)
		c.MaxBody = 100 << 10
		if err := c.Read(t.Context(), "x", nil); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	addrs := map[string]bool{}
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		addrs[r.RemoteAddr] = true
		w.WriteHeader(404)
		io.WriteString(w, `{"code":404,"message":"`+strings.Repeat("x", 10000)+`"}`)
	})
	c := clientOf(s)
	for range 5 {
		if err := c.As(Anonymous()).Read(t.Context(), "x", nil); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if len(addrs) != 1 {
		t.Errorf("%d connections", len(addrs))
	}
}

// TestNoSecretLeaves looks for the password and for query values in all that a
// person may see.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		const personal = "carter@example.com"
		answers := []func(*http.Request) (*http.Response, error){
			func(*http.Request) (*http.Response, error) {
				return nil, fmt.Errorf("reset: %w", syscall.ECONNRESET)
			},
			func(r *http.Request) (*http.Response, error) {
				return answer(400, `{"code":400,"reason":"Bad Request","message":"bad `+secretText+
					`","detail":{"p":"`+secretText+`"}}`), nil
			},
			func(r *http.Request) (*http.Response, error) {
				return answer(500, `<html>`+secretText, "Content-Type", "text/html"), nil
			},
			func(r *http.Request) (*http.Response, error) {
				return answer(200, `{"result":[],"error":"`+secretText+`"}`), nil
			},
			func(r *http.Request) (*http.Response, error) {
				return answer(200, `<p>Log in, not `+secretText+`</p>`), nil
			},
			func(r *http.Request) (*http.Response, error) { return answer(200, `{"result":[]}`), nil },
		}
		for i, f := range answers {
			c := scripted(f)
			c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			_, err := c.QueryPage(t.Context(), "managed/user",
				Query{Filter: `mail eq "` + personal + `"`}, "")
			b, _ := json.Marshal(err)
			fmt.Fprintf(&log, "%v %+v %s %+v %v\n", err, err, b, c, errors.Unwrap(err))
			if (err == nil) != (i == len(answers)-1) {
				t.Errorf("%d: %v", i, err)
			}
		}
		for _, secret := range []string{secretText, personal} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%q leaks: %s", secret, log.String())
			}
		}
		if n := strings.Count(log.String(), `"msg":"openidm request"`); n != 5+5 { // the first one five times
			t.Errorf("%d lines:\n%s", n, log.String())
		}
		for _, want := range []string{`"path":"/openidm/managed/user"`, `"status":500`, `"attempt":5`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %s in:\n%s", want, log.String())
			}
		}
	})
}

func TestProxyFromEnvironment(t *testing.T) {
	t.Parallel()
	if (&Client{BaseURL: "https://h/openidm/"}).transport().Proxy == nil {
		t.Error("no proxy is looked for")
	}
}
