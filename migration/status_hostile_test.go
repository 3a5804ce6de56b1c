package migration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// odd are members that are not understood, or contradict a good word. Some mean
// nothing among the parameters of a run, which may hold anything.
var odd = []struct{ member, onlyOutside string }{
	{`"state":"ABORTED"`, ""}, {`"status":"FAILED"`, ""}, {`"result":"1003 records failed"`, ""},
	{`"result":true`, ""}, {`"state":5`, ""}, {`"status":["complete",null]`, ""},
	{`"failed":true`, ""}, {`"failed":3.5`, ""}, {`"failed":1e30`, ""}, {`"failed":"2 records"`, ""},
	{`"failed":3`, ""}, {`"failed":{"u1":"x"}`, ""}, {`"failures":["u1"]`, ""}, {`"FAILURE":2`, ""},
	{`"errorCount":1`, ""}, {`"skipped":1`, ""}, {`"error":"x"`, ""}, {`"exception":{"a":1}`, ""},
	{`"runs":[` + run("FAILED", 1, `"1"`, 0) + `]`, ""}, {`"reconciliations":[` + run("PAUSED", 1, `"1"`, 0) + `]`, ""},
	{`"m_m":` + run("SUCCESS", 1, `"1"`, 1), ""}, {`"x":[[{"state":"CANCELED"}]]`, ""},
	{`"x":` + strings.Repeat("[", 12) + strings.Repeat("]", 12), ""},
	{`"stage":"COMPLETED_FAILED"`, "x"}, {`"x":"ABORTED"`, "x"}, {`"x":7`, "x"}, {`"x":{"a":1}`, "x"},
	{`"success":false`, "x"}, {`"code":500`, "x"}, {`"message":"3 records failed"`, "x"}, {`"remaining":5`, "x"},
	{`"percent":50`, "x"}, {`"description":"aborted"`, "x"}, {`"action":"cancel"`, "x"}, {`"cause":{"a":1}`, ""},
	{`"reason":"connection refused"`, "x"},
}

// goodAnswers are complete.
func goodAnswers(t *testing.T) map[string]string {
	good := map[string]string{
		"word":   `{"status":"complete","message":"migrated","progress":{"processed":1003}}`,
		"nested": `{"result":{"status":"complete","failed":0,"errors":[]}}`,
		"beside": `{"status":"complete","runs":[` + run("SUCCESS", 7, `"7"`, 0) + `]}`,
		"list":   `[` + run("SUCCESS", 7, `"7"`, 0) + `,` + run("SUCCESS", 1, `"1"`, 0) + `]`,
	}
	b, err := os.ReadFile("testdata/recon.json")
	if err != nil {
		t.Fatal(err)
	}
	good["recorded run"] = string(b)
	good["recon's list"] = `{"_id":"","reconciliations":[` + string(b) + `]}`
	return good
}

// TestNoFalseSuccess adds each odd member to each object of each good answer.
func TestNoFalseSuccess(t *testing.T) {
	t.Parallel()
	tried := 0
	for name, good := range goodAnswers(t) {
		if s := ParseStatus([]byte(good)); s.Phase != PhaseComplete {
			t.Errorf("%s: %s, %s", name, s.Phase, s.NotUnderstood)
		}
		for at, c := range good {
			if c != '{' {
				continue
			}
			for _, o := range odd {
				if o.onlyOutside != "" && isFree(good[:at+1]) {
					continue
				}
				separator := ","
				if good[at+1] == '}' {
					separator = ""
				}
				answer := good[:at+1] + o.member + separator + good[at+1:]
				tried++
				s := ParseStatus([]byte(answer))
				switch {
				case s.Phase == PhaseComplete, s.Phase == PhaseConfigured:
					t.Errorf("%s: %s from %s", name, s.Phase, answer)
				case s.Phase == PhaseCompleteUnclear && s.NotUnderstood == "":
					t.Errorf("%s: nothing is shown of %s", name, answer)
				}
			}
		}
	}
	t.Logf("%d answers", tried)
	if tried < 500 {
		t.Error("too few")
	}
}

// isFree: what stands before is open at a member that may hold anything.
func isFree(before string) bool {
	var open []string
	for i, c := range before {
		switch c {
		case '{':
			name := strings.TrimRight(before[:i], ": ")
			open = append(open, name[strings.LastIndexAny(strings.TrimSuffix(name, `"`), `"{`)+1:])
		case '}':
			open = open[:len(open)-1]
		}
	}
	return slices.ContainsFunc(open, func(name string) bool {
		return name == `parameters"` || name == `durationSummary"` || name == `sourceProcessedByNode"`
	})
}

// Twice the same name: both are read.
func TestNameTwice(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"status":"failed","status":"complete"}`, `{"status":"complete","status":"running"}`,
		`{"status":"complete","failed":3,"failed":0}`, `{"status":"complete","failed":0,"failures":3}`,
		`{"status":{"state":"complete","failed":0},"failed":3}`,
	} {
		if s := ParseStatus([]byte(answer)); s.Phase == PhaseComplete {
			t.Errorf("%s: %s", answer, s.Phase)
		}
	}
}

// large is an answer that is made while it is read, and notes the memory
// meanwhile.
type large struct {
	head, unit, tail string
	left             int // bytes of units
	rest             []byte
	state            int
	sinceLook        int
	peak             uint64
}

func (l *large) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		switch {
		case l.state == 0:
			l.rest, l.state = []byte(l.head), 1
		case l.left > 0:
			l.rest = bytes.Repeat([]byte(l.unit), max(1, (4<<10)/len(l.unit)))
			l.left -= len(l.rest)
		case l.state == 1:
			l.rest, l.state = []byte(l.tail), 2
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	if l.sinceLook += n; l.sinceLook > 2<<20 {
		l.sinceLook = 0
		var m runtime.MemStats
		runtime.GC() // what is garbage is not held
		runtime.ReadMemStats(&m)
		l.peak = max(l.peak, m.HeapAlloc)
	}
	return n, nil
}

type bodies func() io.Reader

func (b bodies) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(b())}, nil
}

func largeAnswers(size int) map[string]*large {
	filler := run("SUCCESS", 7, `"7"`, 0) + ","
	return map[string]*large{
		"runs": {head: `{"status":"complete","runs":[`, unit: filler, tail: run("SUCCESS", 7, `"7"`, 0) + `]}`,
			left: size},
		"string":  {head: `{"status":"complete","message":"`, unit: "all is well ", tail: `"}`, left: size},
		"blanks":  {head: `{"status":"complete"`, unit: "  \n", tail: `}`, left: size},
		"members": {head: `{"status":"complete",`, unit: `"id":"x",`, tail: `"id":"y"}`, left: size},
		"depth":   {head: `{"status":"complete","x":`, unit: "[", tail: "", left: size},
		"number":  {head: `{"status":"complete","total":1`, unit: "0", tail: "}", left: size},
	}
}

// TestLargeAnswer: however large an answer is, reading it takes little memory,
// and what is too large is not understood and asked for again.
func TestLargeAnswer(t *testing.T) {
	const most = 4 << 20 // of which it takes a tenth
	for name, l := range largeAnswers(8 << 20) {
		switch {
		case exhaustive.All() && (name == "string" || name == "blanks"):
			l.left = 60 << 20 // nearly the largest that is read
		case exhaustive.All():
			l.left = 16 << 20
		}
		c := &Client{API: &openidm.Client{BaseURL: "https://idc7.example.com/openidm/",
			HTTPClient: &http.Client{Transport: bodies(func() io.Reader { return l })}}}
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := c.Status(t.Context())
		used := int64(l.peak) - int64(before.HeapAlloc)
		t.Logf("%s: %s (%s), %d KiB, %d runs", name, s.Phase, s.NotUnderstood, used>>10, len(s.Runs))
		want := PhaseComplete
		if name == "depth" || name == "number" {
			want = PhaseUnknown
		}
		if err != nil || s.Phase != want {
			t.Errorf("%s: %s, %v", name, s.Phase, err)
		}
		if used > most {
			t.Errorf("%s: %d MiB", name, used>>20)
		}
	}
}

func TestTooLargeAnswer(t *testing.T) {
	l, asked := largeAnswers(65 << 20)["blanks"], 0
	c := &Client{PollInterval: time.Millisecond, API: &openidm.Client{BaseURL: "https://idc7.example.com/openidm/",
		HTTPClient: &http.Client{Transport: bodies(func() io.Reader {
			if asked++; asked > 1 {
				return strings.NewReader(`{"status":"complete"}`)
			}
			return l
		})}}}
	var seen []Status
	s, err := c.Wait(t.Context(), PhaseComplete, func(s Status) {
		if s.Down == 0 { // a busy machine reads the answer for longer than Wait is silent
			seen = append(seen, s)
		}
	})
	if err != nil || s.Phase != PhaseComplete || len(seen) != 2 {
		t.Fatalf("%+v, %v", seen, err)
	}
	said := (&UnknownStateError{Status: seen[0]}).Error()
	if seen[0].Phase != PhaseUnknown || !strings.Contains(said, "more than 64 MB") {
		t.Errorf("%s, %s", seen[0].Phase, said)
	}
}

// A caller's parser is not given a part of an answer.
func TestLargeAnswerOfParse(t *testing.T) {
	t.Parallel()
	l := largeAnswers(1 << 20)["runs"]
	c := &Client{Parse: func(json.RawMessage) Status { return Status{Phase: PhaseComplete} },
		API: &openidm.Client{BaseURL: "https://idc7.example.com/openidm/",
			HTTPClient: &http.Client{Transport: bodies(func() io.Reader { return l })}}}
	s, err := c.Status(t.Context())
	if err != nil || s.Phase != PhaseUnknown || s.Size < 1<<20 || len(s.Raw) > maxRaw {
		t.Errorf("%s, %d, %v", s.Phase, s.Size, err)
	}
}

// Clients that were not made say so.
func TestNilClients(t *testing.T) {
	t.Parallel()
	for _, c := range []*Client{nil, {}, {API: &openidm.Client{}}} {
		calls := map[string]error{}
		_, calls["status"] = c.Status(t.Context())
		_, calls["configure"] = c.Configure(t.Context(), source())
		_, calls["migrate"] = c.Migrate(t.Context())
		_, calls["wait"] = c.Wait(t.Context(), PhaseComplete, nil)
		for name, err := range calls {
			var wait *WaitError
			if err == nil || errors.As(err, &wait) {
				t.Errorf("%s of %+v: %v", name, c, err)
			}
			if c != nil && c.API == nil && !strings.Contains(err.Error(), "API") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The address of the source, as it is sent, is that of an OpenIDM server.
func TestInstanceURL(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"https://idc21.example.com:8443":                        `path is ""`,
		"https://idc21.example.com:8443/":                       `path is "/"`,
		"https://idc21.example.com:8443/openidm2/":              "path is",
		"https://idc21.example.com:8443/openidm/info":           "path is",
		"https://jdoe:hush@idc21.example.com:8443/openidm/":     "user name",
		"https://idc21.example.com:8443/openidm/?a=hush":        "query",
		"https://idc21.example.com:8443/openidm/#hush":          "fragment",
		"http://idc21.example.com:8443/openidm/":                "https",
		"https:///openidm/":                                     "no host",
		"https://idc21.example.com:8443/openidm/\x7f?hush=hush": "not an address",
	} {
		c, f := newTarget(t, map[string][]any{"configure": {`{"status":"pending"}`}})
		s := source()
		s.InstanceURL = address
		_, err := c.Configure(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
		if f.count("configure") > 0 {
			t.Errorf("%s was sent", address)
		}
	}
}
