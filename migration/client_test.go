package migration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const sourcePassword = `Pa"ss<wörd&`

// target answers in memory: each action by its own list, whose last answer
// repeats.
type target struct {
	t       *testing.T
	answers map[string][]any // string: a body of 200; response; error; func
	log     []string         // action and user
	bodies  []string
}

type response struct {
	status int
	body   string
}

func (f *target) RoundTrip(r *http.Request) (*http.Response, error) {
	action := r.URL.Query().Get("_action")
	if r.URL.Path == "/openidm/migration" && action == "mappingNames" { // has not the product's own service
		answer := restError(404, "Resource 'migration' not found").body
		return &http.Response{StatusCode: 404, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(answer))}, nil
	}
	if r.Method != http.MethodPost || r.URL.Path != "/openidm/endpoint/migration" {
		f.t.Errorf("%s %s", r.Method, r.URL)
	}
	f.log = append(f.log, action+" "+strings.Join(exactly(r.Header, "X-OpenIDM-Username"), ","))
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		f.bodies = append(f.bodies, string(b))
	}
	list := f.answers[action]
	if len(list) == 0 {
		f.t.Errorf("no answer to %s", action)
		return nil, errors.New("no answer")
	}
	if len(list) > 1 {
		f.answers[action] = list[1:]
	}
	a := list[0]
	if g, ok := a.(func() any); ok {
		a = g()
	}
	out := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}}
	body := ""
	switch a := a.(type) {
	case string:
		body = a
	case response:
		out.StatusCode, body = a.status, a.body
		if strings.HasPrefix(body, "<") {
			out.Header.Set("Content-Type", "text/html")
		}
	case error:
		return nil, a
	}
	out.Body = io.NopCloser(strings.NewReader(body))
	return out, nil
}

func (f *target) count(action string) (n int) {
	for _, l := range f.log {
		if strings.HasPrefix(l, action+" ") {
			n++
		}
	}
	return n
}

func newTarget(t *testing.T, answers map[string][]any) (*Client, *target) {
	f := &target{t: t, answers: answers}
	return &Client{API: &openidm.Client{
		BaseURL: "https://idc7.example.com:9443/openidm/",
		Credentials: openidm.Credentials{Username: "openidm-admin",
			Password: keystore.NewPassword("adm1n-secret")},
		HTTPClient: &http.Client{Transport: f},
	}}, f
}

func source() Source {
	return Source{InstanceURL: "https://idc21.example.com:8443/openidm", Username: "openidm-admin",
		Password: keystore.NewPassword(sourcePassword)}
}

// errDown and errLost are what a transport says of a server that was not reached,
// and of one that was.
var (
	errDown = fmt.Errorf("dial tcp: %w", syscall.ECONNREFUSED)
	errLost = fmt.Errorf("read tcp: %w", syscall.ECONNRESET)
)

const startPage = "<html>404</html>"

func restError(code int, message string) response {
	b, _ := json.Marshal(map[string]any{"code": code, "reason": "r", "message": message,
		"detail": map[string]any{}})
	return response{code, string(b)}
}

// outcome says which kind of error came.
func outcome(err error) string {
	var failed *FailedError
	var unknown *UnknownOutcomeError
	var state *UnknownStateError
	var wait *WaitError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &failed) && errors.Is(err, ErrBadCertificate):
		return "bad certificate"
	case errors.As(err, &failed):
		return "failed"
	case errors.As(err, &unknown):
		return "unknown outcome"
	case errors.As(err, &state):
		return "unknown state"
	case errors.As(err, &wait):
		return "ended"
	case errors.Is(err, ErrAlreadyRunning):
		return "already running"
	case errors.Is(err, ErrPending):
		return "pending"
	case errors.Is(err, ErrNoEndpoint):
		return "no endpoint"
	case errors.Is(err, openidm.ErrUnavailable):
		return "unavailable"
	}
	return err.Error()
}

// TestSentOnce: whatever the answer, configure and migrate are sent once, and
// the error says whether they can have arrived.
func TestSentOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer any
		want   string
		phase  Phase
	}{
		{"pending", `{"status":"pending"}`, "ok", PhasePending},
		{"running", `{"status":"running"}`, "ok", PhaseRunning},
		{"success", `{"status":"success"}`, "ok", PhaseConfigured},
		{"null", `null`, "ok", PhaseUnknown},
		{"failed", `{"status":"failed","message":"m"}`, "failed", PhaseFailed},
		{"bad certificate", `{"status":"failed","message":"bad certificate"}`, "bad certificate", PhaseFailed},
		{"400", restError(400, "instanceUrl, userName and password are required"), "failed", PhaseFailed},
		{"401", restError(401, "Access Denied"), "failed", PhaseFailed},
		{"403", restError(403, "Access denied"), "failed", PhaseFailed},
		{"409", restError(409, "a migration is running"), "failed", PhaseFailed},
		{"404", restError(404, "Resource 'endpoint/migration' not found"), "no endpoint", ""},
		{"404 of a start", response{404, startPage}, "unavailable", ""},
		{"a certificate in a 500", restError(500, "PKIX path building failed: x"),
			"bad certificate", PhaseFailed},
		{"500", restError(500, "NullPointerException"), "unknown outcome", ""},
		{"502", response{502, "bad gateway"}, "unknown outcome", ""},
		{"503", restError(503, "m"), "unknown outcome", ""},
		{"504", response{504, ""}, "unknown outcome", ""},
		{"an HTML answer", response{200, "<html>"}, "unknown outcome", ""},
		{"an empty answer", response{200, ""}, "unknown outcome", ""},
		{"redirect", response{302, ""}, "failed", PhaseFailed},
		{"lost", errLost, "unknown outcome", ""},
		{"refused", errDown, "unavailable", ""},
	} {
		for _, action := range []string{"configure", "migrate"} {
			t.Run(action+" "+tc.name, func(t *testing.T) {
				t.Parallel()
				c, f := newTarget(t, map[string][]any{"status": {`{"status":"success"}`},
					action: {tc.answer}})
				var s Status
				var err error
				if action == "configure" {
					s, err = c.Configure(t.Context(), source())
				} else {
					s, err = c.Migrate(t.Context())
				}
				if outcome(err) != tc.want || s.Phase != tc.phase {
					t.Errorf("%s, %q: %v", outcome(err), s.Phase, err)
				}
				if f.count(action) != 1 {
					t.Errorf("sent %d times", f.count(action))
				}
				var unknown *UnknownOutcomeError
				if errors.As(err, &unknown) && unknown.Action != action {
					t.Errorf("%+v", unknown)
				}
				if remedy, ok := err.(interface{ Remedy() string }); ok && remedy.Remedy() == "" {
					t.Errorf("no remedy for %v", err)
				}
			})
		}
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	c, f := newTarget(t, map[string][]any{"configure": {`{"status":"pending"}`}})
	if _, err := c.Configure(t.Context(), source()); err != nil {
		t.Fatal(err)
	}
	c.ConfigureAs = &openidm.Credentials{Username: "other", Password: keystore.NewPassword("x")}
	if _, err := c.Configure(t.Context(), source()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.log, ", "); got != "configure anonymous, configure other" {
		t.Error(got)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(f.bodies[0]), &body); err != nil || len(body) != 4 ||
		body["instanceUrl"] != "https://idc21.example.com:8443/openidm/" ||
		body["userName"] != "openidm-admin" ||
		body["password"] != sourcePassword || body["authType"] != "idm_headers" {
		t.Errorf("%v, %v", body, err)
	}
	for name, change := range map[string]func(*Source){
		"no URL":      func(s *Source) { s.InstanceURL = "" },
		"http":        func(s *Source) { s.InstanceURL = "http://h/openidm/" },
		"user in URL": func(s *Source) { s.InstanceURL = "https://u:" + sourcePassword + "@h/openidm/" },
		"no user":     func(s *Source) { s.Username = "" },
		"no password": func(s *Source) { s.Password = openidm.Secret{} },
	} {
		s := source()
		change(&s)
		if _, err := c.Configure(t.Context(), s); err == nil || strings.Contains(err.Error(), sourcePassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f.count("configure") != 2 {
		t.Error("something wrong was sent")
	}
}

func TestMigrateAsksFirst(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status any
		want   string
		sent   int
	}{
		{"configured", `{"status":"success"}`, "ok", 1},
		{"complete", `{"status":"complete"}`, "ok", 1},
		{"failed before", `{"status":"failed"}`, "ok", 1},
		{"not configured", `{"status":"not configured"}`, "ok", 1},
		{"running", `{"status":"running"}`, "already running", 0},
		{"one of several runs", `[` + run("FAILED", 1, "1", 0) + `,` + run("ACTIVE", 1, "1", 0) +
			`]`, "already running", 0},
		{"pending", `{"status":"pending"}`, "pending", 0},
		{"not understood", `{"status":"transferring"}`, "unknown state", 0},
		{"down", errDown, "unavailable", 0},
		{"no endpoint", restError(404, "m"), "no endpoint", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, f := newTarget(t, map[string][]any{"status": {tc.status},
				"migrate": {`{"status":"running"}`}})
			_, err := c.Migrate(t.Context())
			if outcome(err) != tc.want || f.count("migrate") != tc.sent {
				t.Errorf("%s, sent %d times: %v", outcome(err), f.count("migrate"), err)
			}
			if tc.sent == 1 && f.log[len(f.log)-1] != "migrate openidm-admin" {
				t.Error(f.log)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newTarget(t, map[string][]any{"status": {errLost, restError(503, "m"), `{"status":"running"}`}})
		if s, err := c.Status(t.Context()); err != nil || s.Phase != PhaseRunning || f.count("status") != 3 {
			t.Errorf("%+v, %v after %d", s, err, f.count("status"))
		}
		c, f = newTarget(t, map[string][]any{"status": {restError(401, "m"), `{"status":"pending"}`}})
		if s, err := c.Status(t.Context()); err != nil || s.Phase != PhasePending ||
			f.log[1] != "status anonymous" {
			t.Errorf("%+v, %v, %v", s, err, f.log)
		}
		c, _ = newTarget(t, map[string][]any{"status": {restError(500, "No name matching x found")}})
		if s, err := c.Status(t.Context()); err != nil || s.Phase != PhaseFailed {
			t.Errorf("%+v, %v", s, err)
		}
		c, _ = newTarget(t, map[string][]any{"status": {`{"status":"linked"}`}})
		c.Words = map[string]Phase{"linked": PhaseConfigured}
		if s, err := c.Status(t.Context()); err != nil || s.Phase != PhaseConfigured {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		given Status
		want  Phase
	}{
		{"its phase", Status{Phase: PhaseConfigured, Failed: -1}, PhaseConfigured},
		{"complete", Status{Phase: PhaseComplete, Failed: -1}, PhaseComplete},
		{"complete, but records failed", Status{Phase: PhaseComplete, Failed: 2}, PhaseCompleteWithFailures},
		{"no phase", Status{}, PhaseUnknown},
		{"a phase that is none", Status{Phase: "finished"}, PhaseUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newTarget(t, map[string][]any{"status": {`{"step":"x","password":"Sesame"}`}})
			c.Hide = []openidm.Secret{keystore.NewPassword("Sesame")}
			var seen string
			c.Parse = func(answer json.RawMessage) Status { seen = string(answer); return tc.given }
			s, err := c.Status(t.Context())
			if err != nil || s.Phase != tc.want || !strings.Contains(seen, `"step":"x"`) ||
				string(s.Raw) != seen {
				t.Errorf("%+v, %v, from %s", s, err, seen)
			}
			if strings.Contains(seen, "Sesame") {
				t.Errorf("the parser saw %s", seen)
			}
		})
	}
}

func TestBadCertificates(t *testing.T) {
	t.Parallel()
	remedies := map[string]string{}
	for message, part := range map[string]string{
		"bad certificate": "truststore",
		"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to " +
			"find valid certification path to requested target": "truststore",
		"PKIX path validation failed: java.security.cert.CertPathValidatorException: signature check " +
			"failed": "truststore",
		"PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check " +
			"failed": "renew",
		"No subject alternative names present":                                       "host name",
		"No subject alternative DNS name matching idc21 found.":                      "host name",
		"No name matching idc21.example.com found":                                   "host name",
		"javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate": "truststore",
	} {
		status := ParseStatus(json.RawMessage(`{"status":"failed","message":"` + message + `"}`))
		err := &FailedError{Action: "configure", Status: status}
		if !errors.Is(err, ErrBadCertificate) || !strings.Contains(err.Remedy(), part) {
			t.Errorf("%s: %s", message, err.Remedy())
		}
		remedies[err.Remedy()] = message
	}
	for message, part := range map[string]string{
		"java.net.ConnectException: Connection refused":    "cannot reach",
		"java.net.UnknownHostException: idc21.example.com": "hosts file",
		`the source answered 401: {"code":401}`:            "password of the source",
		"something else":                                   "log",
	} {
		err := &FailedError{Action: "configure", Status: Status{Phase: PhaseFailed, Message: message}}
		if errors.Is(err, ErrBadCertificate) || !strings.Contains(err.Remedy(), part) {
			t.Errorf("%s: %s", message, err.Remedy())
		}
		remedies[err.Remedy()] = message
	}
	if len(remedies) != 7 {
		t.Errorf("%d remedies", len(remedies))
	}
}

// TestNoSecretLeaves: a server that repeats what it was sent does not bring
// the source's password into errors or logs.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	sent, _ := json.Marshal(map[string]string{"password": sourcePassword})
	var out bytes.Buffer
	for _, a := range []any{
		restError(400, "bad "+sourcePassword),
		restError(400, "bad "+string(sent)),
		restError(500, "bad "+sourcePassword),
		response{400, `{"code":400,"message":"m","detail":` + string(sent) + `}`},
		response{400, "no JSON: " + sourcePassword},
		response{200, "no JSON: " + sourcePassword},
		`{"status":"failed","message":` + string(sent[len(`{"password":`):len(sent)-1]) + `}`,
		`{"status":"` + "odd" + `","sent":` + string(sent) + `}`,
		errLost,
	} {
		c, _ := newTarget(t, map[string][]any{"configure": {a}})
		c.API.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s, err := c.Configure(t.Context(), source())
		b, _ := json.Marshal(s)
		fmt.Fprintf(&out, "%v %s %s\n%+v %v\n", err, b, s.Raw, source(), &UnknownStateError{s})
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&out, "%v %+v\n", e, e)
		}
	}
	escaped, _ := json.Marshal(sourcePassword)
	inJSON := string(escaped[1 : len(escaped)-1])
	unescaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sourcePassword)
	for _, secret := range []string{sourcePassword, inJSON, unescaped, "adm1n-secret"} {
		if i := strings.Index(out.String(), secret); i >= 0 {
			t.Errorf("%q leaks: %s", secret, out.String()[max(0, i-200):i+40])
		}
	}
}

func ctxFor(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// exactly gives the values of a header in just this spelling.
func exactly(h http.Header, name string) []string { return h[name] }
