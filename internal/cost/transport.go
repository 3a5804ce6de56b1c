package cost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Transport lets an [openidm.Client] ask a server: for its users, whose records it
// has, and for all else at another one, which takes as long as a request costs.
type Transport struct {
	*Server
	Others http.RoundTripper
	// Asked is called with each request.
	Asked func(*http.Request)
}

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.Asked != nil {
		t.Asked(r)
	}
	if !strings.HasSuffix(r.URL.Path, "/repo/managed/user") {
		if err := t.work(r.Context(), t.Request); err != nil {
			return nil, err
		}
		return t.Others.RoundTrip(r)
	}
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("_pageSize"))
	query := openidm.Query{ID: q.Get("_queryId"), Filter: q.Get("_queryFilter"), PageSize: size,
		Count: q.Get("_totalPagedResultsPolicy") == "EXACT"}
	if query.Filter == "true" {
		query.Filter = ""
	}
	status := http.StatusOK
	body, err := t.QueryBody(r.Context(), "repo/managed/user", query, q.Get("_pagedResultsCookie"), nil)
	if refused := new(openidm.Error); errors.As(err, &refused) {
		status, err = refused.Code, nil
		body = fmt.Appendf(nil, `{"code":%d,"reason":%q,"message":%q}`, status, http.StatusText(status),
			refused.Message)
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}, nil
}

// Beside lets a server share the processors of another one, as two on one machine do.
func (s *Server) Beside(o *Server) { s.slots = o.slots }
