package openidmtest_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const newUser = `{"userName":"new","givenName":"G","sn":"S","mail":"new@example.com"}`

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fault  openidmtest.Fault
		status int // 0: no answer
		done   bool
	}{
		{"none", openidmtest.Fault{Path: "elsewhere", Status: 500}, 201, true},
		{"status", openidmtest.Fault{Status: 503, Body: "busy", Header: http.Header{"Retry-After": {"7"}}},
			503, false},
		{"by method", openidmtest.Fault{Method: "GET", Status: 503}, 201, true},
		{"second only", openidmtest.Fault{After: 1, Status: 503}, 201, true},
		{"never likely", openidmtest.Fault{Probability: 1e-12, Status: 503}, 201, true},
		{"reset", openidmtest.Fault{Effect: openidmtest.Reset}, 0, false},
		{"answer lost", openidmtest.Fault{Effect: openidmtest.LoseAnswer}, 0, true},
		{"truncated", openidmtest.Fault{Effect: openidmtest.Truncate}, 0, true},
		{"hanging", openidmtest.Fault{Effect: openidmtest.Hang}, 0, false},
		{"slow", openidmtest.Fault{Delay: time.Millisecond}, 201, true},
		{"restart", openidmtest.Fault{Effect: openidmtest.Restart}, 0, false},
	} {
		for _, inMemory := range []bool{false, true} {
			name := c.name
			if inMemory {
				name += ", in memory"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := openidmtest.NewSource(t, openidmtest.Options{InMemory: inMemory})
				s.Fail(c.fault)
				client := *s.Client()
				if c.fault.Effect == openidmtest.Hang {
					client.Timeout = 50 * time.Millisecond
				}
				r, err := send(&client, "PUT", s.URL+"managed/user/new", newUser)
				if c.status == 0 && err == nil || c.status != 0 &&
					(err != nil || r.status != c.status) {
					t.Errorf("%d %s, %v, want %d", r.status, r.body, err, c.status)
				}
				if c.fault.Effect == openidmtest.Truncate && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("cut with %v", err)
				}
				if got := s.Count("managed/user") == 1; got != c.done {
					t.Errorf("done: %v, want %v", got, c.done)
				}
				if r.status == 503 && r.header.Get("Retry-After") != "7" {
					t.Errorf("header %v", r.header)
				}
			})
		}
	}
}

func TestFaultTimes(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Faults: []openidmtest.Fault{{Path: "info/ping", After: 1,
		Times: 2, Status: 503}}})
	for i, want := range []int{200, 503, 503, 200} {
		if r := get(t, s, "info/ping"); r.status != want {
			t.Errorf("call %d: %d, want %d", i, r.status, want)
		}
	}
	s.Fail(openidmtest.Fault{Status: 500})
	s.ClearFaults()
	if r := get(t, s, "info/ping"); r.status != 200 {
		t.Errorf("after ClearFaults: %d", r.status)
	}
}

// TestProbability hits the same requests with the same seed.
func TestProbability(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (hits string) {
		s := openidmtest.NewSource(t, openidmtest.Options{InMemory: true})
		s.Fail(openidmtest.Fault{Probability: 0.5, Seed: seed, Status: 503})
		for range 40 {
			hits += string(rune('0' + get(t, s, "info/ping").status/100))
		}
		return hits
	}
	if a, b, c := run(1), run(1), run(2); a != b || a == c {
		t.Errorf("hits %s, %s and %s", a, b, c)
	}
}

// TestCloseEndsHanging closes a server on which a request hangs.
func TestCloseEndsHanging(t *testing.T) {
	t.Parallel()
	s, err := openidmtest.Start(openidmtest.Options{Faults: []openidmtest.Fault{{Effect: openidmtest.Hang}}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := send(s.Client(), "GET", s.URL+"info/ping", "")
		ended <- err
	}()
	await.Until(t, "a request", func() bool { return len(s.Requests()) > 0 })
	s.Close()
	s.Close()
	if err := await.Value(t, "the request ends", ended); err == nil {
		t.Error("an answer came")
	}
}

// What a client meets in memory can be told apart as over a network.
func TestMemoryErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		effect openidmtest.Effect
		is     func(error) bool
	}{
		{openidmtest.Refuse, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{openidmtest.Reset, func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		{openidmtest.WrongCertificate, func(err error) bool {
			var e *jvmtrust.Error
			return errors.As(err, &e)
		}},
	} {
		s := openidmtest.NewSource(t, openidmtest.Options{InMemory: true})
		s.Fail(openidmtest.Fault{Effect: c.effect, Times: 1})
		if _, err := send(s.Client(), "PUT", s.URL+"managed/user/new", newUser); err == nil ||
			!c.is(err) {
			t.Errorf("%s: %v", c.effect, err)
		}
		if n := s.Count("managed/user"); n != 0 {
			t.Errorf("%s: the work was done", c.effect)
		}
	}
	s, err := openidmtest.Start(openidmtest.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	s.Close()
	if _, err := send(client, "GET", s.URL+"info/ping", ""); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a closed server: %v", err)
	}
}

// A server whose clock is wrong says so in its answers. It still accepts a
// source whose certificate is itself in the truststore: Java does not look at
// the validity of that.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{false, true} {
		source := openidmtest.NewSource(t, openidmtest.Options{InMemory: inMemory})
		dir := t.TempDir()
		if err := source.WriteStores(dir); err != nil {
			t.Fatal(err)
		}
		target := openidmtest.NewTarget(t, openidmtest.Options{InMemory: inMemory,
			Peers:    peers(inMemory, source),
			Keystore: filepath.Join(dir, "keystore.jceks"), Truststore: filepath.Join(dir, "truststore")})
		body := `{"instanceUrl":"` + source.URL + `","userName":"openidm-admin","password":"openidm-admin"}`
		for _, c := range []struct {
			ahead time.Duration
			want  string
		}{
			{0, `"success"`},
			{20 * 365 * 24 * time.Hour, `"success"`},
			{-20 * 365 * 24 * time.Hour, `"success"`},
		} {
			target.SetClock(c.ahead)
			address := target.URL + "endpoint/migration?_action=configure"
			r, err := send(target.Client(), "POST", address, body)
			if err != nil || r.status != 200 {
				t.Fatal(r.status, string(r.body), err)
			}
			target.Wait()
			r, err = send(target.Client(), "POST", target.URL+"endpoint/migration?_action=status", "")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(r.body), c.want) {
				t.Errorf("in memory %v, clock %v ahead: %s, want %s", inMemory, c.ahead, r.body, c.want)
			}
			date, err := http.ParseTime(r.header.Get("Date"))
			if off := time.Until(date) - c.ahead; err != nil || off.Abs() > time.Minute {
				t.Errorf("clock %v ahead: Date is %s, %v", c.ahead, r.header.Get("Date"), err)
			}
		}
	}
}

func peers(inMemory bool, s *openidmtest.Server) []*openidmtest.Server {
	if inMemory {
		return []*openidmtest.Server{s}
	}
	return nil
}
