package idconnect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var promisesSecret = []promise{
	{"hides passwords in the message of an error", func(t *testing.T) {
		leaksNot(t, atSource, "config", answer(500, errorSaying(repeated())))
	}},
	{"hides passwords in a message that is no string", func(t *testing.T) {
		inner, _ := json.Marshal(map[string]any{"said": []string{repeated()}})
		leaksNot(t, atSource, "config", answer(500, `{"code":500,"reason":"x","message":`+string(inner)+`}`))
	}},
	{"hides passwords in the login page of a proxy", func(t *testing.T) {
		leaksNot(t, both, "", openidmtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"text/html"}},
			Body: formsPage()})
	}},
	{"hides passwords in a redirect", func(t *testing.T) {
		leaksNot(t, both, "", openidmtest.Fault{Status: 302, Header: http.Header{"Location": {"/" + repeated()}},
			Body: formsPage()})
	}},
	{"hides passwords in what a server says of its state", func(t *testing.T) {
		said, _ := json.Marshal(repeated())
		leaksNot(t, both, "info/ping", answer(200, fmt.Sprintf(`{"state":%s,"shortDesc":%[1]s}`, said)))
	}},
	{"hides passwords in what the endpoint answers", func(t *testing.T) {
		said, _ := json.Marshal(repeated())
		leaksNot(t, atTarget, "endpoint/migration", answer(200, fmt.Sprintf(`{"status":"failed","message":%s}`, said)))
	}},
	{"hides passwords in the id of a transaction", func(t *testing.T) {
		f := answer(500, errorSaying("refused"))
		f.Header.Set("X-ForgeRock-TransactionId", repeated())
		leaksNot(t, atSource, "config", f)
	}},
}

func errorSaying(text string) string {
	b, _ := json.Marshal(map[string]any{"code": 500, "reason": text, "message": text, "detail": text})
	return string(b)
}

// formsPage begins with the forms: only the beginning of a page is shown.
func formsPage() string { return "<p>" + repeated() + "</p>" }

var atSource, atTarget, both = []string{"source"}, []string{"target"}, []string{"source", "target"}

// leaksNot lets servers answer with a fault, and looks at all that is shown.
func leaksNot(t *testing.T, sides []string, path string, f openidmtest.Fault) {
	t.Helper()
	for _, side := range sides {
		l := newLeaky(t)
		s := map[string]*openidmtest.Server{"source": l.source, "target": l.target}[side]
		s.Fail(at(path, f))
		holdsNone(t, l.everything(t))
	}
}
