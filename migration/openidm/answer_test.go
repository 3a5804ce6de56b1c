package openidm

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/redact"
)

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	all := []error{ErrUnauthorized, ErrForbidden, ErrNotFound, ErrConflict, ErrPrecondition, ErrNotImplemented,
		ErrUnavailable, ErrNotOpenIDM, ErrRedirect}
	const startPage = "<html>\n<head><title>Error 404 Not Found</title></head></html>"
	for _, tc := range []struct {
		name, body  string
		status      int
		contentType string
		want        []error
		message     string
		piece       string
	}{
		{name: "404", status: 404,
			body: `{"code":404,"reason":"Not Found","message":"Resource &#39;x&#39; not found"}`,
			want: []error{ErrNotFound}, message: "Resource 'x' not found"},
		{name: "2.x", status: 404, body: `{"error":404,"reason":"Not Found","message":"no &amp; none"}`,
			want: []error{ErrNotFound}, message: "no & none"},
		{name: "code as a string", status: 409, body: `{"code":"409","message":"m"}`,
			want: []error{ErrConflict}, message: "m"},
		{name: "code only", status: 412, body: `{"code":412}`, want: []error{ErrPrecondition}},
		{name: "no code", status: 501, body: `{"reason":"Not Implemented","message":"m"}`,
			want: []error{ErrNotImplemented}, message: "m"},
		{name: "message is an object", status: 400, body: `{"code":400,"message":{"a":1}}`, message: `{"a":1}`},
		{name: "message is null", status: 400, body: `{"code":400,"reason":null,"message":null}`},
		{name: "401", status: 401, body: `{"code":401,"reason":"Unauthorized","message":"Access Denied"}`,
			want: []error{ErrUnauthorized}, message: "Access Denied"},
		{name: "403", status: 403, body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`,
			want: []error{ErrForbidden}, message: "Access denied"},
		{name: "503", status: 503, body: `{"code":503,"message":"m"}`,
			want: []error{ErrUnavailable}, message: "m"},
		{name: "a start", status: 404, contentType: "text/html;charset=iso-8859-1", body: startPage,
			want: []error{ErrUnavailable}, piece: "<html> <head>"},
		{name: "outside of OpenIDM", status: 404, contentType: "", want: []error{ErrNotOpenIDM}},
		{name: "404 of another program", status: 404, body: `{"status":404,"error":"Not Found","path":"/x"}`,
			want: []error{ErrNotOpenIDM}, piece: `{"status":404`},
		{name: "401 of a proxy", status: 401, body: "who are you",
			want: []error{ErrUnauthorized, ErrNotOpenIDM}, piece: "who are you"},
		{name: "500 as HTML", status: 500, contentType: "text/html", body: startPage,
			want: []error{ErrNotOpenIDM}, piece: "<html> <head>"},
		{name: "502 of a proxy", status: 502, body: "bad gateway",
			want: []error{ErrUnavailable}, piece: "bad gateway"},
		{name: "a list", status: 400, body: `[1]`, want: []error{ErrNotOpenIDM}, piece: "[1]"},
		{name: "null", status: 400, body: `null`, want: []error{ErrNotOpenIDM}, piece: "null"},
		{name: "cut off", status: 400, body: `{"code":400`, want: []error{ErrNotOpenIDM}, piece: `{"code":400`},
		{name: "not UTF-8", status: 418, body: "a\xffb\x00c", want: []error{ErrNotOpenIDM},
			piece: "a\uFFFDb\uFFFDc"},
		{name: "long", status: 418, body: strings.Repeat("ü", 500), want: []error{ErrNotOpenIDM},
			piece: strings.Repeat("ü", 60)},
		{name: "redirect", status: 302, want: []error{ErrRedirect}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := scripted(func(*http.Request) (*http.Response, error) {
				return answer(tc.status, tc.body, "Content-Type", tc.contentType), nil
			})
			c.Retries = -1
			err := c.Read(t.Context(), "x", nil, "a")
			var e *Error
			if !errors.As(err, &e) || e.Code != tc.status || e.Message != tc.message ||
				!strings.HasPrefix(e.Body, tc.piece) || (tc.piece == "") != (e.Body == "") {
				t.Fatalf("%+v", e)
			}
			if e.Method != "GET" || e.URL != "https://idm.example.com:8443/openidm/x" ||
				!strings.HasPrefix(err.Error(), "GET "+e.URL+": ") {
				t.Errorf("%v", err)
			}
			for _, kind := range all {
				if errors.Is(err, kind) != slices.Contains(tc.want, kind) {
					t.Errorf("is it %v? %v", kind, errors.Is(err, kind))
				}
			}
		})
	}
}

func TestErrorDetails(t *testing.T) {
	t.Parallel()
	c := scripted(func(*http.Request) (*http.Response, error) {
		return answer(503, `{"code":503,"message":"a\nb","detail":{"a":1},"cause":{"message":"c"}}`,
			"Retry-After", "7", "X-ForgeRock-TransactionId", "t-1"), nil
	})
	c.Retries = -1
	var e *Error
	if err := c.Read(t.Context(), "x", nil); !errors.As(err, &e) {
		t.Fatal(err)
	}
	if string(e.Detail) != `{"a":1}` || string(e.Cause) != `{"message":"c"}` || e.RetryAfter != 7*time.Second ||
		e.TransactionID != "t-1" {
		t.Errorf("%+v", e)
	}
	if want := "GET https://idm.example.com:8443/openidm/x: 503: a b [transaction t-1]"; e.Error() != want {
		t.Errorf("%q", e.Error())
	}
}

func TestAnswersThatAreNoAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", `"x"`, `[]`, `{}`, `{"state":1}`, `null`,
		`{"authenticationId":[]}`} {
		c := scripted(func(*http.Request) (*http.Response, error) { return answer(200, body), nil })
		for name, f := range map[string]func() error{
			"ping":    func() error { _, err := c.Ping(t.Context()); return err },
			"version": func() error { _, err := c.Version(t.Context()); return err },
			"login":   func() error { _, err := c.Login(t.Context()); return err },
			"query":   func() error { _, err := c.QueryPage(t.Context(), "x", Query{}, ""); return err },
		} {
			if err := f(); !errors.Is(err, ErrNotOpenIDM) {
				t.Errorf("%s takes %q: %v", name, body, err)
			}
		}
	}
}

func TestPingFallsBackToTheAccount(t *testing.T) {
	t.Parallel()
	c := scripted(func(r *http.Request) (*http.Response, error) {
		if slices.Contains(exactly(r.Header, headerUsername), "anonymous") {
			return answer(403, `{"code":403,"message":"Access denied"}`), nil
		}
		return answer(200, `{"state":"STARTING","shortDesc":"x missing"}`), nil
	})
	h, err := c.Ping(t.Context())
	if err != nil || h.Ready() || h.ShortDesc != "x missing" {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := c.As(Credentials{}).Ping(t.Context()); !errors.Is(err, ErrForbidden) {
		t.Errorf("without an account: %v", err)
	}
}

func TestPingSaysTheServersTime(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{"Wed, 01 Jan 2020 12:00:00 GMT": "2020-01-01T12:00:00Z",
		"yesterday": "0001-01-01T00:00:00Z"} {
		c := scripted(func(*http.Request) (*http.Response, error) {
			a := answer(200, `{"state":"ACTIVE_READY"}`)
			a.Header.Set("Date", date)
			return a, nil
		})
		if h, err := c.Ping(t.Context()); err != nil || h.Date.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v", date, h.Date, err)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, id, roles string }{
		{"7.0.2", `{"_id":"login","authorization":{"roles":["openidm-admin","openidm-authorized"],"id":"a"},` +
			`"authenticationId":"openidm-admin"}`, "openidm-admin", "openidm-admin openidm-authorized"},
		{"references", `{"authorization":{"roles":["internal/role/openidm-admin"],"id":"a"}}`, "a",
			"openidm-admin"},
		{"2.x", `{"username":"openidm-admin","roles":["openidm-admin"]}`, "openidm-admin", "openidm-admin"},
	} {
		c := scripted(func(*http.Request) (*http.Response, error) { return answer(200, tc.body), nil })
		l, err := c.Login(t.Context())
		if err != nil || l.AuthenticationID != tc.id || strings.Join(l.Roles, " ") != tc.roles || !l.IsAdmin() {
			t.Errorf("%s: %+v, %v", tc.name, l, err)
		}
	}
	c := scripted(func(*http.Request) (*http.Response, error) {
		return answer(404, `{"code":404,"reason":"Not Found","message":"Resource 'info/login' not found"}`), nil
	})
	if _, err := c.Login(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("just after the start: %v", err)
	}
}

// exchange is one of the recorded requests and answers of real servers.
type exchange struct {
	Name    string
	Request struct {
		Method, Path string
		Headers      map[string]string
	}
	Response struct {
		Status  int
		Headers map[string]string
		JSON    json.RawMessage
	}
}

func recorded(t *testing.T) []exchange {
	t.Helper()
	b, err := os.ReadFile("testdata/exchanges.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Exchanges []exchange }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	all.Exchanges = slices.DeleteFunc(all.Exchanges, func(e exchange) bool { return e.Response.JSON == nil })
	if len(all.Exchanges) < 50 {
		t.Fatalf("%d recorded exchanges", len(all.Exchanges))
	}
	return all.Exchanges
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	for _, e := range recorded(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			c := scripted(func(*http.Request) (*http.Response, error) {
				return answer(e.Response.Status, string(e.Response.JSON), "Content-Type",
					e.Response.Headers["Content-Type"]), nil
			})
			var raw json.RawMessage
			err := c.Read(t.Context(), "x", &raw)
			if e.Response.Status < 300 {
				if err != nil || len(raw) == 0 {
					t.Fatal(err)
				}
				if strings.Contains(e.Request.Path, "_query") {
					var want struct {
						ResultCount        int
						PagedResultsCookie *string
					}
					page, err := c.QueryPage(t.Context(), "x", Query{}, "")
					if json.Unmarshal(raw, &want) != nil || err != nil ||
						want.ResultCount < len(page.Result) ||
						(want.PagedResultsCookie == nil) != (page.Cookie == "") ||
						page.Total != -1 {
						t.Errorf("%+v, %v", page, err)
					}
				}
				return
			}
			var got *Error
			if !errors.As(err, &got) || got.Code != e.Response.Status || got.Message == "" ||
				strings.Contains(got.Message, "&#39;") ||
				errors.Is(err, ErrNotOpenIDM) {
				t.Errorf("%+v", err)
			}
			if kind := kindOf(e.Response.Status); kind != nil && !errors.Is(err, kind) {
				t.Errorf("%v is not %v", err, kind)
			}
		})
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{"", "null", "[]", `{"code":404,"reason":"a","message":"&#39;"}`, `{"error":500}`,
		`{"error":{"code":"x"}}`, "<html>", "\xff", `{"code":1e999}`} {
		f.Add(404, "text/html", s)
		f.Add(200, "application/json", s)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		header := http.Header{"Content-Type": {contentType}, "Retry-After": {contentType}}
		e := checkAnswer(place{"GET", "https://h/openidm/x"}, status, header, []byte(body))
		if (e == nil) != (status >= 200 && status < 300) {
			t.Fatalf("%d: %v", status, e)
		}
		if e == nil {
			e = &Error{}
			e.fill([]byte(body))
			return
		}
		e.hide(redact.Redactor{})
		if e.Code != status || len(e.Body) > 3*maxPiece || !utf8.ValidString(e.Body) || e.RetryAfter < 0 ||
			strings.ContainsAny(e.Error(), "\n\r\x00") {
			t.Errorf("%+v", e)
		}
		if status == 404 && errors.Is(e, ErrNotFound) &&
			(errors.Is(e, ErrUnavailable) || errors.Is(e, ErrNotOpenIDM)) {
			t.Errorf("both a missing record and no OpenIDM: %v", e)
		}
	})
}
