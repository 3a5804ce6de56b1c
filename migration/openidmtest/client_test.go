package openidmtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

// send sends a request as the administrator, unless header says who.
func send(client *http.Client, method, url, body string, header ...string) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if len(header) == 0 {
		header = []string{"X-OpenIDM-Username", "openidm-admin", "X-OpenIDM-Password", "openidm-admin",
			"X-OpenIDM-NoSession", "true"}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	r := reply{status: res.StatusCode, header: res.Header, body: string(b)}
	if strings.HasPrefix(r.body, "{") {
		json.Unmarshal(b, &r.json)
	}
	return r, err
}

func do(t testing.TB, s *openidmtest.Server, method, path, body string, header ...string) reply {
	t.Helper()
	r, err := send(s.Client(), method, s.URL+path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func get(t testing.TB, s *openidmtest.Server, path string, header ...string) reply {
	t.Helper()
	return do(t, s, "GET", path, "", header...)
}

func as(name, password string) []string {
	return []string{"X-OpenIDM-Username", name, "X-OpenIDM-Password", password, "X-OpenIDM-NoSession", "true"}
}
