package report

import (
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// states are the states that no document has: the outcomes of a comparison with
// and without a run, what is said of several runs, and what is left to a person.
func states() map[string]*Report {
	return map[string]*Report{
		"partly, alone":      sampleVerdict(sampleReservations(), true),
		"nothing":            sampleVerdict(sampleEmpty(), false),
		"nothing, alone":     sampleVerdict(sampleEmpty(), true),
		"different, alone":   sampleVerdict(sampleDifferences(7, 9), true),
		"check failed":       sampleCheckFailed(),
		"accepted":           sampleAccepted(),
		"runs":               sampleRuns(26 * time.Hour),
		"runs, one day":      sampleRuns(3 * time.Hour),
		"unverified":         sampleEnd(sampleRun(8), "done", "", ""),
		"ready":              sampleReady(),
		"failed, alone":      sampleBroken("failed", "the source: Get: connection refused", "start the source"),
		"interrupted, alone": sampleBroken("interrupted", "interrupted", "run the same command again"),
	}
}

// sampleVerdict ends a run, or a comparison alone, as its comparison says.
func sampleVerdict(rep *Report, alone bool) *Report {
	if alone {
		r := rep.Verify
		rep = sampleOf(r, "done")
		r.SourceVersion, r.TargetVersion = "3.1.0", "7.1.6"
		rep.Source.Version, rep.Target.Version = r.SourceVersion, r.TargetVersion
	}
	rep.Outcome = "done"
	settled := rep.settled()
	return sampleEnd(rep, settled.Outcome, settled.Error, settled.Remedy)
}

func sampleEmpty() *Report {
	rep := sampleDone()
	for i := range rep.Verify.Collections {
		c := &rep.Verify.Collections[i]
		c.SourceCount, c.TargetCount, c.Expected = 0, 0, nil
	}
	rep.Verify.Collections[2] = verify.CollectionReport{Name: "assignments", Reason: "neither server has it"}
	return rep
}

func sampleCheckFailed() *Report {
	rep := sampleDone()
	rep.Verify.Checks[1].Result, rep.Verify.Checks[1].Detail = verify.CheckFailed, "the connector does not answer"
	rep.Verify.Checks[1].Remedy = "correct its configuration in the UI of 7.1.6"
	rep.Steps[7].State, rep.Steps[7].Detail = Failed, verdict.Different.Err().Error()
	return sampleVerdict(rep, false)
}

func sampleAccepted() *Report {
	rep := sampleReservations()
	rep.Verify.Accept = []string{"AD-INFORMATION", "VALUES-USERS", "COLLECTION-LINKS", "FAILED-RECORDS"}
	return sampleVerdict(rep, false)
}

// sampleRuns is the second run of an upgrade that began some time before.
func sampleRuns(before time.Duration) *Report {
	rep := sampleDone()
	rep.FirstStarted = rep.Started.Add(-before)
	at := rep.FirstStarted
	for i, took := range []time.Duration{0, 21 * time.Second, time.Second, 0, 94 * time.Second, 2 * time.Second} {
		s := rep.Steps[i]
		moment := rep.Started.Add(time.Duration(i) * time.Millisecond)
		s.Started, s.Ended = &moment, &moment
		if took > 0 {
			began, ended := at, at.Add(took)
			s.EarlierStarted, s.EarlierEnded = &began, &ended
			at = ended
		}
	}
	migrate := rep.Steps[6]
	migrate.EarlierStarted, migrate.Records = &at, 12436
	callback := preflight.Codes.CallbackURLMissing.Finding("prepare",
		"the connected app does not have the callback URL https://localhost:9443/connect/")
	rep.Findings = append(rep.Findings, callback, preflight.Codes.ManagedPackage.Finding("prepare",
		"not checked: that the newest Identity Connect package is installed in every org"),
		preflight.Codes.KeepSource.Finding("prepare",
			"2.1 cannot be downloaded again: keep /opt/idc21/salesforceIdConnect"))
	return rep
}

func sampleReady() *Report {
	rep := samplePlanned()
	rep.Findings = nil
	return rep
}

// sampleBroken is a comparison that did not come to its end.
func sampleBroken(outcome, failed, remedy string) *Report {
	r := sampleVerify()
	r.Collections, r.Checks, r.Failed, r.Incomplete = r.Collections[:1], nil, nil, true
	return sampleEnd(sampleOf(r, outcome), outcome, failed, remedy)
}
