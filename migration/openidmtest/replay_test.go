package openidmtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var exchangesFile = flag.String("exchanges", filepath.Join("testdata", "exchanges.json"),
	"recorded exchanges to replay")

// exchange is a recorded request with its answer, or an event.
type exchange struct {
	Event   string
	Name    string
	Server  string
	Count   bool
	Cut     string
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
	}
	Response struct {
		Status  int
		Headers map[string]string
		JSON    json.RawMessage
		Body    *string
	}
}

// TestReplay replays recorded exchanges of real servers, in their order.
func TestReplay(t *testing.T) {
	t.Parallel()
	replayFile(t, *exchangesFile, flagSet("exchanges"))
}

// TestReplayMore replays what was recorded besides: what a client does wrong,
// and the rare parameters.
func TestReplayMore(t *testing.T) {
	t.Parallel()
	if flagSet("exchanges") {
		t.Skip("another file is replayed")
	}
	replayFile(t, filepath.Join("testdata", "more.json"), false)
}

// replayFile prints how many exchanges of a file agree. That not all do is a
// failure, but not where the file was given from outside.
func replayFile(t *testing.T, path string, given bool) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		// A path that was written from the top of the module.
		text, err = os.ReadFile(filepath.Join("..", "..", path))
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Exchanges []exchange }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	marked := false
	for _, e := range file.Exchanges {
		marked = marked || e.Count
	}
	r := newReplay(t)
	agree, all := 0, 0
	for i, e := range file.Exchanges {
		if e.Event != "" {
			r.event(e.Event)
			continue
		}
		problems := r.replay(e)
		if marked && !e.Count {
			continue
		}
		all++
		if len(problems) == 0 {
			agree++
			continue
		}
		t.Logf("exchange %d, %s: %s", i, e.Name, strings.Join(problems, "; "))
	}
	fmt.Printf("%d of %d exchanges agree\n", agree, all)
	if all == 0 || agree < all && !given {
		t.Errorf("%d of %d exchanges agree", agree, all)
	}
}

func flagSet(name string) bool {
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// replay is a pair of fake servers to which is done what was done to the real
// ones.
type replay struct {
	t              *testing.T
	source, target *openidmtest.Server
	client         map[string]*http.Client
	text           *strings.Replacer
	pairs          []string // what was recorded, and what stands for it here
	closed         string   // a port on which nobody listens
}

func newReplay(t *testing.T) *replay {
	r := &replay{t: t, client: map[string]*http.Client{}}
	r.start()
	nobody, release, err := port.Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	if _, r.closed, err = net.SplitHostPort(nobody); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *replay) start() {
	r.source = openidmtest.NewSource(r.t, openidmtest.Options{Generation: g702, Users: 1000, Connector: true})
	r.target = openidmtest.NewTarget(r.t, openidmtest.Options{Generation: g702,
		Pace: 100 * time.Millisecond})
	r.text = strings.NewReplacer()
	r.connect()
}

func (r *replay) connect() {
	r.client["source"], r.client["target"] = pinned(r.source), pinned(r.target)
}

// pinned returns a client of its own: after a restart with other stores the
// one of the server would expect the old certificate.
func pinned(s *openidmtest.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: s.Trust().TLSConfig("localhost",
		s.Certificate())}}
}

func (r *replay) event(name string) {
	switch name {
	case "start":
	case "settled":
		r.poll("pending")
	case "migration-done":
		r.poll("running")
	case "stores-copied":
		if err := r.target.RestartWith(r.source.Keystore(), r.source.Truststore()); err != nil {
			r.t.Fatal(err)
		}
		r.connect()
	case "connector-rows-added":
		r.source.AddConnectorRow("badmail", "Bad", "Mail", "not a mail")
		r.source.AddConnectorRow("fine", "Fine", "Row", "fine@example.com")
	case "connector-broken":
		r.source.BreakConnector(true)
	case "connector-repaired":
		r.source.BreakConnector(false)
	case "restarted", "source-restarted":
		if err := r.source.Restart(); err != nil {
			r.t.Fatal(err)
		}
	case "target-restarted":
		if err := r.target.Restart(); err != nil {
			r.t.Fatal(err)
		}
	default:
		r.t.Logf("unknown event %q", name)
	}
}

// poll waits until the target's endpoint does not say word any more.
func (r *replay) poll(word string) {
	await.Until(r.t, "the target no longer says "+word, func() bool {
		req, _ := http.NewRequest("POST", r.target.URL+"endpoint/migration?_action=status", nil)
		req.Header.Set("X-OpenIDM-Username", "anonymous")
		req.Header.Set("X-OpenIDM-Password", "anonymous")
		req.Header.Set("X-OpenIDM-NoSession", "true")
		res, err := r.client["target"].Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		return !bytes.Contains(body, []byte(`"`+word+`"`))
	})
}

var hostPort = regexp.MustCompile(`(localhost|127\.0\.0\.1|[\w.-]+):(8443|9443|8449|8080|9080)\b`)

// here puts what stands here for hosts, ports and ids of the recording.
func (r *replay) here(text string) string {
	text = hostPort.ReplaceAllStringFunc(text, func(s string) string {
		host, p, _ := strings.Cut(s, ":")
		n := map[string]int{"8443": r.source.Port(), "8080": r.source.Port(), "9443": r.target.Port(),
			"9080": r.target.Port()}[p]
		if n == 0 {
			return net.JoinHostPort(host, r.closed)
		}
		return net.JoinHostPort(host, strconv.Itoa(n))
	})
	return r.text.Replace(text)
}

func (r *replay) replay(e exchange) []string {
	server := r.source
	if e.Server == "target" {
		server = r.target
	}
	var body io.Reader
	if e.Request.Body != nil {
		body = strings.NewReader(r.here(*e.Request.Body))
	}
	base := strings.TrimSuffix(server.URL, "/openidm/")
	req, err := http.NewRequest(e.Request.Method, base+r.here(e.Request.Path), body)
	if err != nil {
		return []string{err.Error()}
	}
	for k, v := range e.Request.Headers {
		req.Header.Set(k, r.here(v))
	}
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Del("Content-Type")
	}
	res, err := r.client[e.Server].Do(req)
	if err != nil {
		return []string{err.Error()}
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return []string{err.Error()}
	}
	return r.compare(e, res, got)
}

func (r *replay) compare(e exchange, res *http.Response, got []byte) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if res.StatusCode != e.Response.Status {
		bad("status %d, recorded %d: %.200s", res.StatusCode, e.Response.Status, got)
	}
	kind := func(s string) string { k, _, _ := mime.ParseMediaType(s); return k }
	if want := e.Response.Headers["Content-Type"]; kind(res.Header.Get("Content-Type")) != kind(want) {
		bad("content type %q, recorded %q", res.Header.Get("Content-Type"), want)
	}
	if len(e.Response.JSON) == 0 {
		return problems
	}
	var want, have any
	if err := json.Unmarshal(e.Response.JSON, &want); err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(got, &have); err != nil {
		bad("not JSON: %v", err)
		return problems
	}
	r.learn(want, have)
	wantPaths, havePaths := paths(want), paths(have)
	for _, p := range sorted(wantPaths) {
		if !havePaths[p] && !covered(p, wantPaths) {
			bad("lacks %s", p)
		}
	}
	for _, p := range sorted(havePaths) {
		if !wantPaths[p] && !covered(p, wantPaths) {
			bad("has %s", p)
		}
	}
	w, _ := want.(map[string]any)
	h, _ := have.(map[string]any)
	for _, name := range []string{"code", "reason", "message", "resultCount", "state", "stage", "status"} {
		value, ok := w[name]
		if !ok {
			continue
		}
		if text, isText := value.(string); isText {
			value = masked(r.here(text))
		}
		mine := h[name]
		if text, isText := mine.(string); isText {
			mine = masked(text)
		}
		if value != mine {
			bad("%s is %v, recorded %v", name, mine, value)
		}
	}
	if cookie, ok := w["pagedResultsCookie"]; ok && (cookie == nil) != (h["pagedResultsCookie"] == nil) {
		bad("pagedResultsCookie is %v, recorded %v", h["pagedResultsCookie"], cookie)
	}
	if id, ok := w["_id"].(string); ok && id != "" && strings.Contains(e.Request.Path, id) &&
		h["_id"] != r.here(id) {
		bad("_id is %v, recorded %v", h["_id"], id)
	}
	return problems
}

var (
	recordNumber = regexp.MustCompile(`#\d+:\d+`)
	givenID      = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-\d+)?`)
)

// masked leaves out ids that a server gave out.
func masked(text string) string {
	return givenID.ReplaceAllString(recordNumber.ReplaceAllString(text, "#"), "ID")
}

// learn remembers which id stands here for one that an answer gave out.
func (r *replay) learn(want, have any) {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return
		}
		if a, ok := w["_id"].(string); ok && givenID.MatchString(a) {
			if b, ok := h["_id"].(string); ok && a != b {
				r.pairs = append(r.pairs, a, b)
				r.text = strings.NewReplacer(r.pairs...)
			}
		}
		for k := range w {
			r.learn(w[k], h[k])
		}
	case []any:
		h, _ := have.([]any)
		for i := range min(len(w), len(h)) {
			r.learn(w[i], h[i])
		}
	}
}

// paths returns every path of a document with the type found there; the
// elements of a list share one path.
func paths(v any) map[string]bool {
	out := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		out[fmt.Sprintf("%s (%s)", at, kindOf(v))] = true
		switch x := v.(type) {
		case map[string]any:
			// The recording itself says where it was shortened.
			if note, ok := x["note"].(string); ok && len(x) == 1 && strings.HasSuffix(note, "cut here") {
				out[at+"/* (cut)"] = true
				return
			}
			for k, one := range x {
				walk(at+"/"+k, one)
			}
		case []any:
			for _, one := range x {
				walk(at+"/[]", one)
			}
		}
	}
	walk("", v)
	return out
}

// covered says that a path lies where the recording was shortened.
func covered(path string, want map[string]bool) bool {
	for p := range want {
		if prefix, ok := strings.CutSuffix(p, "/* (cut)"); ok && strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	}
	return "object"
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
