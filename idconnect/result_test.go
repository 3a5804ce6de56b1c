package idconnect

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// TestReportOf: how a comparison ended is its outcome, and a difference is one
// without an error, too.
func TestReportOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		extra   int64
		outcome string
	}{
		{nil, 0, "done"},
		{nil, 1, "differences"},
		{ErrDifferences, 1, "differences"},
		{context.Canceled, 0, "interrupted"},
		{io.ErrUnexpectedEOF, 0, "failed"},
		{preflight.ErrBlocked, 0, "blocked"},
		{&LockedError{Path: "lock"}, 0, "blocked"},
	} {
		r := &verify.Report{
			Collections: []verify.CollectionReport{{Name: "users", Checked: true, SourceCount: 1, ExtraCount: c.extra}},
			Ended:       time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC),
		}
		rep := ReportOf(r, c.err)
		if rep.Outcome != c.outcome || rep.Verify != r || !rep.Ended.Equal(r.Ended) {
			t.Errorf("%v, %d extra: %+v", c.err, c.extra, rep)
		}
		known := rep.Error != ""
		if known != (c.outcome != "done") || known && c.outcome != "failed" && rep.Remedy == "" {
			t.Errorf("%v: the error is %q, the remedy %q", c.err, rep.Error, rep.Remedy)
		}
	}
	if ReportOf(nil, nil) != nil {
		t.Error("a report of nothing")
	}
}
