package migration

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const (
	badSignature = "bad certificate: PKIX path validation failed: " +
		"java.security.cert.CertPathValidatorException: signature check failed"
	noName = "java.security.cert.CertificateException: No name matching x found"
)

// shapes are answers of every kind that could be thought of. run makes the
// recorded form of a reconciliation.
var shapes = []struct {
	name, raw                string
	phase                    Phase
	word                     string
	message                  string
	processed, total, failed int64
}{
	// as a real server with a scripted endpoint gave them
	{"recorded: not configured", `{"status":"not configured"}`, PhaseNotConfigured,
		"not configured", "", -1, -1, -1},
	{"recorded: pending", `{"status":"pending"}`, PhasePending, "pending", "", -1, -1, -1},
	{"recorded: bad certificate", `{"status":"failed","message":"` + badSignature + `"}`, PhaseFailed, "failed",
		badSignature, -1, -1, -1},
	{"recorded: connected", `{"status":"success","message":"connected to the source"}`, PhaseConfigured, "success",
		"connected to the source", -1, -1, -1},
	{"recorded: running", `{"status":"running","message":"connected to the source","progress":{"processed":0}}`,
		PhaseRunning, "running", "connected to the source", 0, -1, -1},
	{"recorded: complete", `{"status":"complete","message":"migrated","progress":{"processed":1003}}`,
		PhaseComplete, "complete", "migrated", 1003, -1, -1},
	// bare values
	{"bare string", `"pending"`, PhasePending, "pending", "", -1, -1, -1},
	{"bare string, upper case", `"COMPLETE"`, PhaseComplete, "COMPLETE", "", -1, -1, -1},
	{"bare string with spaces", `"  In Progress "`, PhaseRunning, "In Progress", "", -1, -1, -1},
	{"underscore", `"NOT_CONFIGURED"`, PhaseNotConfigured, "NOT_CONFIGURED", "", -1, -1, -1},
	{"hyphen", `"in-progress"`, PhaseRunning, "in-progress", "", -1, -1, -1},
	{"bare unknown word", `"copied"`, PhaseUnknown, "copied", "", -1, -1, -1},
	{"a known word within another", `"incomplete"`, PhaseUnknown, "incomplete", "", -1, -1, -1},
	{"a negated word", `"not complete"`, PhaseUnknown, "not complete", "", -1, -1, -1},
	{"a sentence", `"the migration is complete"`, PhaseUnknown, "the migration is complete", "", -1, -1, -1},
	{"a sentence about a certificate", `"Failed due to bad certificate"`, PhaseFailed,
		"Failed due to bad certificate", "Failed due to bad certificate", -1, -1, -1},
	{"empty string", `""`, PhaseUnknown, "", "", -1, -1, -1},
	{"null", `null`, PhaseUnknown, "", "", -1, -1, -1},
	{"number", `200`, PhaseUnknown, "", "", -1, -1, -1},
	{"true", `true`, PhaseUnknown, "", "", -1, -1, -1},
	{"nothing", ``, PhaseUnknown, "", "", -1, -1, -1},
	{"HTML", `<html><body>complete</body></html>`, PhaseUnknown, "", "", -1, -1, -1},
	{"HTML as a string", `"<html>complete</html>"`, PhaseUnknown, "<html>complete</html>", "", -1, -1, -1},
	{"cut off", `{"status":"complete"`, PhaseUnknown, "", "", -1, -1, -1},
	{"empty object", `{}`, PhaseUnknown, "", "", -1, -1, -1},
	{"empty list", `[]`, PhaseUnknown, "", "", -1, -1, -1},
	{"list of null", `[null]`, PhaseUnknown, "", "", -1, -1, -1},
	// objects
	{"state", `{"state":"migrating"}`, PhaseRunning, "migrating", "", -1, -1, -1},
	{"result", `{"result":"done"}`, PhaseComplete, "done", "", -1, -1, -1},
	{"upper case names", `{"STATUS":"SUCCEEDED","Message":"m"}`, PhaseConfigured, "SUCCEEDED", "m", -1, -1, -1},
	{"configured", `{"status":"configured"}`, PhaseConfigured, "configured", "", -1, -1, -1},
	{"nested", `{"status":{"state":"running","progress":{"processed":"5","total":"10"}}}`, PhaseRunning,
		"running", "", 5, 10, -1},
	{"nested result", `{"result":{"status":"complete"}}`, PhaseComplete, "complete", "", -1, -1, -1},
	{"unknown word", `{"status":"finished"}`, PhaseUnknown, "finished", "", -1, -1, -1},
	{"unknown word beside a good one", `{"status":"halted","state":"complete"}`, PhaseCompleteUnclear,
		"halted", "", -1, -1, -1},
	{"a good word beside an unknown one", `{"status":"complete","state":"ABORTED"}`,
		PhaseCompleteUnclear, "ABORTED", "", -1, -1, -1},
	{"a good word, and an unknown one as result", `{"status":"complete","result":"aborted"}`,
		PhaseCompleteUnclear, "aborted", "", -1, -1, -1},
	{"a word in another member, below status", `{"status":{"inner":{"state":"complete"}}}`,
		PhaseUnknown, "", "", -1, -1, -1},
	{"words in a list below result", `{"result":[{"status":"done"},{"state":{"status":"failed"}}]}`,
		PhaseFailed, "failed", "", -1, -1, -1},
	{"an envelope around a run that goes on", `{"status":"success","result":{"state":"ACTIVE"}}`, PhaseRunning,
		"ACTIVE", "", -1, -1, -1},
	{"an envelope around a failure", `{"status":"success","result":{"status":"failed","message":"m"}}`,
		PhaseFailed, "failed", "m", -1, -1, -1},
	{"a text as result", `{"status":"complete","result":"1003 records"}`, PhaseComplete,
		"complete", "", -1, -1, -1},
	{"complete at a time", `{"status":"complete","migratedOn":"2026-11-23T22:24:14.002Z"}`, PhaseComplete,
		"complete", "", -1, -1, -1},
	{"null status", `{"status":null,"state":"complete"}`, PhaseComplete, "complete", "", -1, -1, -1},
	{"status is a number", `{"status":200}`, PhaseUnknown, "", "", -1, -1, -1},
	{"status is true", `{"status":true}`, PhaseUnknown, "", "", -1, -1, -1},
	{"canceled", `{"state":"CANCELED"}`, PhaseFailed, "CANCELED", "", -1, -1, -1},
	{"cancelled", `{"status":"cancelled"}`, PhaseFailed, "cancelled", "", -1, -1, -1},
	{"error", `{"status":"error","error":{"message":"m"}}`, PhaseFailed, "error", "m", -1, -1, -1},
	{"complete with an error", `{"status":"complete","error":"disk full"}`, PhaseFailed, "complete",
		"disk full", -1, -1, -1},
	{"complete with no error", `{"status":"complete","error":null,"errors":[]}`, PhaseComplete,
		"complete", "", -1, -1, -1},
	{"complete with failed records", `{"status":"complete","progress":{"processed":1003,"failed":3}}`,
		PhaseCompleteWithFailures, "complete", "", 1003, -1, 3},
	{"complete with a summary", `{"status":"complete","statusSummary":{"SUCCESS":1000,"FAILURE":"3"}}`,
		PhaseCompleteWithFailures, "complete", "", -1, -1, 3},
	{"success with failed records", `{"status":"success","failures":1}`, PhaseCompleteWithFailures,
		"success", "", -1, -1, 1},
	{"complete without failed records", `{"status":"complete","processed":5,"total":"5","failed":0}`,
		PhaseComplete, "complete", "", 5, 5, 0},
	{"counts that are none", `{"status":"running","progress":{"processed":"?","total":-1}}`, PhaseRunning,
		"running", "", -1, -1, -1},
	{"progress is a text", `{"status":"running","progress":"12 %"}`, PhaseRunning, "running", "", -1, -1, -1},
	{"an error of REST", `{"code":500,"reason":"Internal Server Error","message":"m"}`,
		PhaseFailed, "", "m", -1, -1, -1},
	{"only a message", `{"message":"complete"}`, PhaseUnknown, "", "complete", -1, -1, -1},
	{"only a message, on a certificate", `{"message":"` + noName + `"}`, PhaseFailed, "", noName, -1, -1, -1},
	{"a word in another member", `{"migration":{"status":"complete"}}`, PhaseUnknown, "", "", -1, -1, -1},
	// reconciliations
	{"run: active", run("ACTIVE", 5, `"?"`, 0), PhaseRunning, "ACTIVE", "d", 5, -1, 0},
	{"run: success", run("SUCCESS", 7, `"7"`, 0), PhaseComplete, "SUCCESS", "d", 7, 7, 0},
	{"run: success with failed records", run("SUCCESS", 7, `"7"`, 2), PhaseCompleteWithFailures, "SUCCESS",
		"2 records failed", 7, 7, 2},
	{"run: failed", run("FAILED", 7, `"7"`, 0), PhaseFailed, "FAILED", "d", 7, 7, 0},
	{"run: unknown state", run("PAUSED", 7, `"7"`, 0), PhaseUnknown, "PAUSED", "d", 7, 7, 0},
	{"run: of odd types", `{"mapping":1,"state":"SUCCESS","stage":[]}`, PhaseComplete, "SUCCESS", "", -1, -1, -1},
	{"runs: all good", `[` + run("SUCCESS", 7, `"7"`, 0) + `,` + run("SUCCESS", 3, `"4"`, 0) + `]`, PhaseComplete,
		"SUCCESS", "d", 10, 11, 0},
	{"runs: one goes on", `[` + run("SUCCESS", 7, `"7"`, 0) + `,` + run("ACTIVE", 3, `"?"`, 0) + `]`, PhaseRunning,
		"ACTIVE", "d", 10, -1, 0},
	{"runs: one failed, one goes on", `[` + run("FAILED", 7, `"7"`, 0) + `,` + run("ACTIVE", 3, `"4"`, 0) + `]`,
		PhaseRunning, "ACTIVE", "d", 10, 11, 0},
	{"runs: one with failed records", `[` + run("SUCCESS", 7, `"7"`, 0) + `,` + run("SUCCESS", 3, `"3"`, 1) + `]`,
		PhaseCompleteWithFailures, "SUCCESS", "1 record failed", 10, 10, 1},
	{"runs: one is not understood", `[` + run("SUCCESS", 7, `"7"`, 0) + `,null]`, PhaseCompleteUnclear,
		"SUCCESS", "d", 7, 7, 0},
	{"runs: recon's list", `{"_id":"","reconciliations":[` + run("SUCCESS", 7, `"7"`, 0) + `]}`, PhaseComplete,
		"SUCCESS", "d", 7, 7, 0},
	{"runs: recon's empty list", `{"_id":"","reconciliations":[]}`, PhaseUnknown, "", "", -1, -1, -1},
	{"runs: below status", `{"status":{"recons":[` + run("ACTIVE", 1, `"?"`, 0) + `]}}`, PhaseRunning,
		"ACTIVE", "d", 1, -1, 0},
	{"runs: by mapping", `{"a_a":` + run("SUCCESS", 1, `"1"`, 0) + `,"b_b":` + run("FAILED", 2, `"2"`, 0) + `}`,
		PhaseFailed, "FAILED", "d", 3, 3, 0},
	{"runs: beside something else", `{"last":` + run("SUCCESS", 1, `"1"`, 0) + `,"current":{"x":"copying"}}`,
		PhaseCompleteUnclear, "SUCCESS", "d", 1, 1, 0},
	{"runs: beside a word", `{"status":"complete","result":[` + run("SUCCESS", 1, `"1"`, 1) + `]}`,
		PhaseCompleteWithFailures, "SUCCESS", "1 record failed", 1, 1, 1},
	{"list of words", `["complete","running"]`, PhaseRunning, "running", "", -1, -1, -1},
	{"list of objects", `[{"status":"done"},{"status":"done"}]`, PhaseComplete, "done", "", -1, -1, -1},
	{"deep", strings.Repeat(`{"status":`, 7) + `"complete"` + strings.Repeat(`}`, 7), PhaseComplete,
		"complete", "", -1, -1, -1},
	{"too deep", strings.Repeat(`[`, 50) + `"complete"` + strings.Repeat(`]`, 50),
		PhaseUnknown, "", "", -1, -1, -1},
}

func run(state string, processed int, total string, failures int) string {
	p, _ := json.Marshal(processed)
	f, _ := json.Marshal(failures)
	stage := map[string]string{"SUCCESS": "COMPLETED_SUCCESS", "FAILED": "COMPLETED_FAILED"}[state]
	if stage == "" {
		stage = "ACTIVE_RECONCILING_SOURCE"
	}
	return `{"_id":"x","mapping":"m","state":"` + state + `","stage":"` + stage + `","stageDescription":"d",` +
		`"progress":{"source":{"existing":{"processed":` + string(p) + `,"total":` + total + `}}},` +
		`"statusSummary":{"SUCCESS":1,"FAILURE":` + string(f) + `}}`
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	if len(shapes) < 40 {
		t.Fatalf("%d shapes", len(shapes))
	}
	type read struct {
		Phase                    Phase
		Word, Message            string
		Processed, Total, Failed int64
	}
	for _, tc := range shapes {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := ParseStatus(json.RawMessage(tc.raw))
			got := read{s.Phase, s.Word, s.Message, s.Processed, s.Total, s.Failed}
			want := read{tc.phase, tc.word, tc.message, tc.processed, tc.total, tc.failed}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if string(s.Raw) != tc.raw || strings.HasPrefix(tc.name, "run") == (len(s.Runs) == 0) &&
				tc.name != "runs: recon's empty list" {
				t.Errorf("raw %q, %d runs", s.Raw, len(s.Runs))
			}
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	sets := map[Phase]string{
		PhasePending: "pending", PhaseRunning: "running,active,in progress,started,migrating",
		PhaseConfigured: "success,succeeded,configured", PhaseComplete: "complete,completed,done",
		PhaseFailed: "failed,failure,error,canceled,cancelled",
	}
	for phase, list := range sets {
		for _, word := range strings.Split(list, ",") {
			for _, w := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
				if got := ParseStatus(json.RawMessage(`{"status":"` + w + `"}`)).Phase; got != phase {
					t.Errorf("%s: %s, want %s", w, got, phase)
				}
			}
		}
	}
	more := map[string]Phase{"Connected": PhaseConfigured, "done": PhaseUnknown}
	for word, want := range map[string]Phase{"CONNECTED": PhaseConfigured,
		"done": PhaseUnknown, "failed": PhaseFailed} {
		a := answer{words: more}
		if _, err := a.ReadFrom(strings.NewReader(`"` + word + `"`)); err != nil || a.status.Phase != want {
			got := a.status.Phase
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestRecordedStatuses(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/statuses.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Name   string
		Phase  Phase
		Answer json.RawMessage
	}
	if err := json.Unmarshal(b, &recorded); err != nil || len(recorded) < 10 {
		t.Fatal(len(recorded), err)
	}
	for _, r := range recorded {
		if got := ParseStatus(r.Answer).Phase; got != r.Phase {
			t.Errorf("%s: %s, want %s", r.Name, got, r.Phase)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := ParseStatus(raw)
		if severity[s.Phase] == 0 {
			t.Fatalf("phase %q", s.Phase)
		}
		if s.Phase != PhaseUnknown && s.Phase != PhaseFailed && s.Word == "" {
			t.Errorf("%s without a word", s.Phase)
		}
		if s.Phase == PhaseComplete && s.Failed > 0 {
			t.Errorf("complete with %d failures", s.Failed)
		}
		if !json.Valid(raw) && s.Phase != PhaseUnknown {
			t.Errorf("%s from what is no JSON", s.Phase)
		}
		if s.Processed < -1 || s.Total < -1 || s.Failed < -1 {
			t.Errorf("%+v", s)
		}
		if utf8.Valid(raw) {
			for _, err := range []error{&FailedError{Action: "a", Status: s},
				&UnknownStateError{s}, &WaitError{Status: s}} {
				if !utf8.ValidString(err.Error()) || strings.ContainsRune(err.Error(), '\n') {
					t.Errorf("%T: %q", err, err)
				}
			}
		}
	})
}
