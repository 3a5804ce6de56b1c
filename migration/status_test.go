package migration

import (
	"encoding/json"
	"errors"
	"testing"
)

// TestParseStatus: the rules for an answer whose form is documented nowhere.
func TestParseStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw   string
		phase Phase
	}{
		// As recorded.
		{`{"status":"not configured"}`, PhaseNotConfigured},
		{`{"status":"pending"}`, PhasePending},
		{`{"status":"failed","message":"bad certificate: PKIX path validation failed"}`, PhaseFailed},
		{`{"status":"success","message":"connected to the source"}`, PhaseConfigured},
		{`{"status":"running","progress":{"processed":0}}`, PhaseRunning},
		{`{"status":"complete","message":"migrated","progress":{"processed":1003}}`, PhaseComplete},
		// Other members, bare words, case and space.
		{`{"state":"running"}`, PhaseRunning},
		{`{"result":"complete"}`, PhaseComplete},
		{`{"Status":"COMPLETE"}`, PhaseComplete},
		{`"complete"`, PhaseComplete},
		{`"PENDING"`, PhasePending},
		{`" completed "`, PhaseComplete},
		{`"In Progress"`, PhaseRunning},
		{`"IN_PROGRESS"`, PhaseRunning},
		{`{"status":"started"}`, PhaseRunning},
		{`{"status":"migrating"}`, PhaseRunning},
		{`{"status":"active"}`, PhaseRunning},
		{`{"status":"succeeded"}`, PhaseConfigured},
		{`{"status":"configured"}`, PhaseConfigured},
		{`{"status":"done"}`, PhaseComplete},
		{`{"status":"error"}`, PhaseFailed},
		{`{"status":"failure"}`, PhaseFailed},
		{`{"status":"canceled"}`, PhaseFailed},
		{`{"status":"CANCELLED"}`, PhaseFailed},
		{`{"status":{"state":"complete"}}`, PhaseComplete},
		{`{"status":null,"state":"running"}`, PhaseRunning},
		{`{"status":"complete","failed":3}`, PhaseCompleteWithFailures},
		{`{"status":"complete","progress":{"processed":"7","failures":"1"}}`, PhaseCompleteWithFailures},
		// Nothing that is understood: never success.
		{`null`, PhaseUnknown},
		{``, PhaseUnknown},
		{`{}`, PhaseUnknown},
		{`[]`, PhaseUnknown},
		{`true`, PhaseUnknown},
		{`200`, PhaseUnknown},
		{`""`, PhaseUnknown},
		{`"ok"`, PhaseUnknown},
		{`"completely lost"`, PhaseUnknown},
		{`{"status":"successful-ish"}`, PhaseUnknown},
		{`{"status":1}`, PhaseUnknown},
		{`{"message":"complete"}`, PhaseUnknown},
		{`<html>complete</html>`, PhaseUnknown},
		{`{"reconciliations":[]}`, PhaseUnknown},
		// Reconciliations.
		{`{"_id":"1","mapping":"m","state":"ACTIVE","progress":{"source":{"existing":{"processed":5,"total":"?"}}}}`, PhaseRunning},
		{`{"_id":"1","mapping":"m","state":"SUCCESS","statusSummary":{"SUCCESS":5,"FAILURE":0}}`, PhaseComplete},
		{`{"_id":"1","mapping":"m","state":"SUCCESS","statusSummary":{"SUCCESS":5,"FAILURE":1}}`, PhaseCompleteWithFailures},
		{`{"_id":"1","mapping":"m","state":"FAILED"}`, PhaseFailed},
		{`{"_id":"1","mapping":"m","state":"CANCELED"}`, PhaseFailed},
		{`{"_id":"1","mapping":"m","state":"NEW"}`, PhaseUnknown},
		{`[{"mapping":"a","state":"SUCCESS"},{"mapping":"b","state":"ACTIVE"}]`, PhaseRunning},
		{`[{"mapping":"a","state":"SUCCESS"},{"mapping":"b","state":"FAILED"}]`, PhaseFailed},
		{`[{"mapping":"a","state":"SUCCESS"},{"mapping":"b","state":"SUCCESS","statusSummary":{"FAILURE":2}}]`, PhaseCompleteWithFailures},
		{`{"reconciliations":[{"mapping":"a","state":"SUCCESS"},{"mapping":"b","state":"SUCCESS"}]}`, PhaseComplete},
		{`["complete","what"]`, PhaseUnknown},
		{`{"status":[{"mapping":"a","state":"ACTIVE"}]}`, PhaseRunning},
	}
	if len(tests) < 40 {
		t.Fatalf("%d shapes", len(tests))
	}
	for _, c := range tests {
		if got := ParseStatus(json.RawMessage(c.raw)); got.Phase != c.phase {
			t.Errorf("%s: %s, not %s", c.raw, got.Phase, c.phase)
		}
	}
}

func TestStatusCounts(t *testing.T) {
	t.Parallel()
	s := ParseStatus(json.RawMessage(`{"status":"running","progress":{"processed":"12"},"total":40}`))
	if s.Processed != 12 || s.Total != 40 || s.Failed != -1 {
		t.Errorf("%+v", s)
	}
	s = ParseStatus(json.RawMessage(`[{"mapping":"a","state":"ACTIVE","progress":{"source":{"existing":{"processed":5,"total":"9"}}}},` +
		`{"mapping":"b","state":"ACTIVE","progress":{"source":{"existing":{"processed":2,"total":"?"}}}}]`))
	if s.Processed != 7 || s.Total != 9 || len(s.Runs) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestBadCertificate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"bad certificate", "Bad Certificate: x", "PKIX path building failed: sun.security…", "PKIX path validation failed: …signature check failed",
		"No subject alternative names present", "No name matching idc21.example.com found",
	} {
		e := &FailedError{Action: "configure", Status: Status{Phase: PhaseFailed, Message: text}}
		if !errors.Is(e, ErrBadCertificate) || e.Remedy() == "" {
			t.Errorf("%s", text)
		}
	}
	for _, text := range []string{"java.net.ConnectException: Connection refused", "the source answered 401", ""} {
		if errors.Is(&FailedError{Action: "configure", Status: Status{Message: text}}, ErrBadCertificate) {
			t.Errorf("%s", text)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	for _, s := range []string{`{"status":"complete"}`, `[{"mapping":"a","state":"ACTIVE"}]`, `"done"`, `{"progress":{"processed":"x"}}`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := ParseStatus(b)
		if s.Phase == "" || s.Phase == PhaseComplete && !json.Valid(b) {
			t.Fatalf("%q: %+v", b, s)
		}
	})
}
