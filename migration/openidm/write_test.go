package openidm

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
)

// TestWrites: a create and an update say what must hold, are sent once, and keep the
// bytes of raw members.
func TestWrites(t *testing.T) {
	t.Parallel()
	const raw = `{"b":1e400,"a":"` + "\u00fc" + `"}`
	for _, tc := range []struct {
		name, header, value string
		send                func(c *Client) error
	}{
		{"create", "If-None-Match", "*", func(c *Client) error {
			return c.Create(t.Context(), "repo/x/a%2Fb", json.RawMessage(raw), nil)
		}},
		{"update", "If-Match", `"7"`, func(c *Client) error {
			return c.Update(t.Context(), "repo/x/a%2Fb", "7", json.RawMessage(raw), nil)
		}},
	} {
		sent := 0
		status := http.StatusServiceUnavailable
		c := scripted(func(r *http.Request) (*http.Response, error) {
			sent++
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != raw || r.Method != http.MethodPut || r.Header.Get(tc.header) != tc.value ||
				r.URL.EscapedPath() != "/openidm/repo/x/a%2Fb" || len(exactly(r.Header, headerPassword)) != 1 {
				t.Errorf("%s: %s %s %v %s", tc.name, r.Method, r.URL, r.Header.Get(tc.header), body)
			}
			return answer(status, `{"code":0}`), nil
		})
		if err := tc.send(c); !errors.Is(err, ErrUnavailable) || sent != 1 {
			t.Errorf("%s: sent %d times, %v", tc.name, sent, err)
		}
		status = http.StatusPreconditionFailed
		if err := tc.send(c); !errors.Is(err, ErrPrecondition) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
