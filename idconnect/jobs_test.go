package idconnect_test

import "testing"

// TestJobsAfterRun: jobs that the migration has carried over are seen at the end
// of the run, while the source's are on, too.
func TestJobsAfterRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.source.Put("scheduler", "nightly", job("reconcile", "true"))
	report, err := w.u.Run(t.Context())
	must(t, err)
	for _, code := range []string{"SCHEDULES-ON", "TARGET-JOBS-ON"} {
		if !report.Findings.Has(code) {
			t.Errorf("%s is not in %v", code, report.Findings)
		}
	}
	w.running(t).Delete("scheduler/job", "nightly")
	report, err = w.u.Run(t.Context())
	must(t, err)
	if report.Findings.Has("TARGET-JOBS-ON") {
		t.Errorf("%v", report.Findings)
	}
}
