package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// sampleStart is when the runs of the samples begin.
var sampleStart = time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)

// hostile is what a server may put wherever it may choose a text.
const hostile = "<script>alert(1)</script>\x1b[2J\x1b]0;title\x07\u202Eevil\u2066\x00\xff\r\n--><![CDATA[ " +
	"]]>&amp;\u0085\u200B'\"{{.}}"

// samples are reports in every state, with fixed times.
func samples() map[string]*Report {
	all := states()
	maps.Copy(all, documents())
	return all
}

// documents are the samples of which golden files are kept.
func documents() map[string]*Report {
	return map[string]*Report{
		"done": sampleDone(), "reservations": sampleReservations(),
		"differences": sampleDifferences(7, 9), "thousands": sampleDifferences(1000, 48213),
		"blocked": sampleBlocked(), "locked": sampleLocked(), "planned": samplePlanned(),
		"interrupted": sampleInterrupted(), "failed": sampleFailed(),
		"comparison": sampleComparison(), "hostile": sampleHostile(),
		"bare": {Version: Version, Outcome: "done", Started: sampleStart, Ended: sampleStart},
	}
}

// sampleRun is a run that came as far as so many steps.
func sampleRun(done int) *Report {
	rep := &Report{
		Version: Version, Started: sampleStart, Tool: "v1.2.3",
		Source: ServerSeen{URL: "https://idc21.example.com:8443/openidm/", State: "ready", Version: "3.1.0"},
		Target: ServerSeen{URL: "https://localhost:9443/openidm/", State: "ready", Version: "7.1.6"},
	}
	at := sampleStart.Add(4 * time.Second)
	for i, s := range []struct {
		name, detail string
		took         time.Duration
	}{
		{"prepare", "the source answers, and openidm-admin is an administrator", 120 * time.Millisecond},
		{"unpack", "IdentityConnect-7.1.6.zip, 412 MB, 3018 files, checked", 21 * time.Second},
		{"stores", "keystore: 5 entries copied; truststore: 77 entries copied; both kept beside",
			800 * time.Millisecond},
		{"java", "Java 11.0.25, 64-bit, /opt/jdk-11/bin/java", 300 * time.Millisecond},
		{"setup", "the set-up script ran to its end, and the target is ready", 94 * time.Second},
		{"configure", "the target reaches the source as https://idc21.example.com:8443/openidm/",
			2 * time.Second},
		{"migrate", "13,425 records are copied", 11*time.Minute + 12*time.Second},
		{"verify", "4 collections compared", 74 * time.Second},
	} {
		r := &StepResult{Name: s.name, State: NotRun}
		if i < done {
			began, ended := at, at.Add(s.took)
			r.State, r.Detail, r.Started, r.Ended = Done, s.detail, &began, &ended
			at = ended
		}
		rep.Steps = append(rep.Steps, r)
	}
	rep.Ended = at
	rep.Findings = preflight.Findings{
		preflight.Codes.StoreUnverified.Finding("stores",
			"/opt/idc21/salesforceIdConnect/security/truststore was read without its password"),
		preflight.Codes.CheckByHand.Finding("prepare", "not checked: the callback URLs of the connected app in "+
			"Salesforce, https://idc21.example.com:8443/connect/ and https://localhost:9443/connect/").
			WithWhy("without them users cannot sign in").
			WithRemedy("look whether the connected app has both"),
		preflight.Codes.ValuesOpen.Finding("stores",
			"the keystore opens all 1,240 encrypted values that were tried"),
	}
	return rep
}

// sampleEnd says how a report ended.
func sampleEnd(rep *Report, outcome, failed, remedy string) *Report {
	rep.Outcome, rep.Error, rep.Remedy = outcome, failed, remedy
	return rep
}

func sampleVerify() *verify.Report {
	r := &verify.Report{
		Source: "https://idc21.example.com:8443/openidm/", Target: "https://localhost:9443/openidm/",
		Started: sampleStart.Add(13 * time.Minute), Ended: sampleStart.Add(14*time.Minute + 14*time.Second),
	}
	for _, c := range []struct {
		name string
		n    int64
	}{{"users", 12408}, {"roles", 12}, {"assignments", 5}, {"links", 1000}} {
		r.Collections = append(r.Collections, verify.CollectionReport{
			Name: c.name, Resource: "repo/managed/" + strings.TrimSuffix(c.name, "s"),
			Checked: true, SourceCount: c.n, TargetCount: c.n, Passes: 1,
		})
	}
	r.Collections[0].Expected = []changes.Count{
		{Code: "USER-ROLES", Says: "have references for the names of their roles", Sure: changes.Inferred,
			Records: 9306, Missed: 2},
		{Code: "EFFECTIVE-ROLES", Says: "gained effectiveRoles, equal to their roles", Sure: changes.Read},
	}
	r.Collections[3].Expected = []changes.Count{
		{Code: "LINK-QUALIFIER", Says: "gained linkQualifier", Sure: changes.Read, Records: 1000}}
	r.Checks = []verify.Check{
		{Code: "PERMISSION-SETS", Name: "Permission sets and groups", Tab: "Permission Sets",
			Result: verify.CheckPassed, Detail: "the same names on both sides", Source: 42, Target: 42},
		{Code: "AD-INFORMATION", Name: "Active Directory information", Tab: "Active Directory",
			Result: verify.CheckPassed, Detail: "the connector answers", Source: 1, Target: 1},
		{Code: "SALESFORCE-ORGS", Name: "Salesforce orgs", Tab: "Manage Salesforce Organizations",
			Result: verify.CheckPassed, Source: 3, Target: 3},
		{Code: "USERS-MIGRATED", Name: "Users and their links", Tab: "Sync", Result: verify.CheckPassed,
			Detail: "every link of a user leads to an account", Source: 12408, Target: 12408},
	}
	r.Failed = &verify.FailedRecords{Checked: true}
	return r
}

func sampleDone() *Report {
	rep := sampleRun(8)
	rep.Verify = sampleVerify()
	return sampleEnd(rep, "done", "", "")
}

func sampleReservations() *Report {
	rep := sampleDone()
	rep.Verify.Collections[0].NotCheckedValues = 1240
	rep.Verify.Collections[3] = verify.CollectionReport{Name: "links", Resource: "repo/link",
		Reason: "neither server has it"}
	rep.Verify.Checks[1] = verify.Check{
		Code: "AD-INFORMATION", Name: "Active Directory information", Tab: "Active Directory",
		Result: verify.CheckNotChecked, Detail: "the target has no resource config/provisioner.openicf-ad",
		Source: -1, Target: -1,
	}
	rep.Verify.Failed = &verify.FailedRecords{Reason: "the target does not show audit/recon"}
	rep.Verify.Collections[0].ClosedValues = verdict.ClosedValues{{Member: "password",
		Form: "x-simple-encryption AES/CBC/PKCS5Padding", Alias: "openidm-sym-default", Count: 1240}}
	rep.Verify.Off, rep.Verify.Accept = []string{"GROUPS"}, []string{"AD-INFORMATION", "VALUES-ROLES"}
	err := verdict.Error{Outcome: verdict.Partly}
	return sampleEnd(rep, string(verdict.Partly), err.Error(), err.Remedy())
}

func sampleIDs(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%08x-4c1d-%04d", prefix, uint32(i+1)*2654435761, i))
	}
	return ids
}

// sampleDifferences has every kind, with so many ids in a list of so many.
func sampleDifferences(shown int, count int64) *Report {
	rep := sampleRun(8)
	rep.Verify = sampleVerify()
	users, roles := &rep.Verify.Collections[0], &rep.Verify.Collections[1]
	users.SourceCount, users.TargetCount = 12*count, 12*count-3
	users.Missing, users.MissingCount = sampleIDs("m", shown), count
	users.Extra, users.ExtraCount = sampleIDs("e", min(shown, 3)), 3
	users.ChangedCount = count
	for i, id := range sampleIDs("c", shown) {
		users.Changed = append(users.Changed, verify.Change{ID: id,
			Members: []string{"mail", "sn", "telephoneNumber"}[:i%3+1]})
	}
	users.Values = []verify.ChangedValue{
		{ID: "c-1", Member: "mail", Source: json.RawMessage(`"a@example.com"`),
			Target: json.RawMessage(`"b@example.com"`)},
		{ID: "c-2", Member: "sn", Source: json.RawMessage(`{"a":[1,null]}`)},
		{ID: "c-2", Member: "password", Withheld: "encrypted"},
	}
	users.Duplicates, users.DuplicateCount, users.Unreadable = []string{"d-1"}, 1, 2
	roles.Changed, roles.ChangedCount = []verify.Change{{ID: "administrators"}}, 1
	roles.Shifted, roles.Passes = 4, 3
	rep.Verify.Collections[2] = verify.CollectionReport{Name: "assignments", Resource: "repo/managed/assignment",
		Blocked: true, Reason: "the target refuses to show it: 403 Forbidden"}
	links := &rep.Verify.Checks[3]
	links.Result, links.Detail, links.Target = verify.CheckFailed, "links of users lead to no account", 12399
	links.Remedy = "run the migration again for the users that are named"
	rep.Verify.Failed = &verify.FailedRecords{Checked: true, Count: count,
		Repair: "upgrade run -again copies them once more; their ids are in report.json"}
	for i, id := range sampleIDs("m", shown) {
		rep.Verify.Failed.Records = append(rep.Verify.Failed.Records,
			verify.FailedRecord{
				Mapping: "repoManagedUser_repoManagedUser", Run: "9f0c-77", ID: id,
				Reason:     "policy validation failed: mail is not an address",
				Collection: "users", Missing: i%5 != 4,
			})
	}
	rep.Steps[7].State, rep.Steps[7].Detail = Failed, "verify: the servers differ"
	return sampleEnd(rep, "differences", "verify: the servers differ",
		"the report names the records and checks, why records failed where the target tells, "+
			"and how to repair that")
}

func sampleBlocked() *Report {
	rep := sampleRun(0)
	rep.Target = ServerSeen{URL: "https://localhost:9443/openidm/", State: "does not answer"}
	rep.Steps[0].State, rep.Steps[0].Detail = Done, "the source answers, and openidm-admin is an administrator"
	rep.Steps[6].State, rep.Steps[6].Detail = Blocked, "https://localhost:8443/openidm/ leads to a certificate "+
		"for old-name.example.com"
	rep.Findings = append(preflight.Findings{
		preflight.Codes.SourceCertName.Finding("configure",
			"No name matching idc21.example.com found: the certificate names old-name.example.com"),
		preflight.Codes.DiskSpace.Finding("unpack", "311 MB are free below /opt/idc716, 1,240 MB are needed"),
	}, rep.Findings...)
	rep.Ended = rep.Started.Add(1700 * time.Millisecond)
	return sampleEnd(rep, "blocked", "blocked by preflight, nothing was changed",
		"do what the findings say, then run the same command again")
}

func sampleLocked() *Report {
	rep := &Report{Version: Version, Started: sampleStart, Ended: sampleStart}
	return sampleEnd(rep, "blocked", "another run is under way: it holds the lock "+
		"/opt/idc716/salesforceIdConnect.upgrade/lock",
		"wait until the other run ends, or end it; the lock goes with its process, "+
			"the file need not be removed")
}

// samplePlan is a plan with a step that is blocked and one that is not.
func samplePlan() Plan {
	p := Plan{
		Source: ServerSeen{URL: "https://idc21.example.com:8443/openidm/", State: "ready", Version: "3.1.0"},
		Target: ServerSeen{URL: "https://localhost:9443/openidm/", State: "does not answer"},
	}
	p.Findings = sampleBlocked().Findings
	for _, s := range sampleRun(0).Steps {
		step := StepPlan{Name: s.Name, State: ToDo, Where: WhereAny, Detail: "can be done",
			Findings: p.Findings.Of(s.Name)}
		if b := step.Findings.Blocking(); len(b) > 0 {
			step.State, step.Detail = Blocked, b[0].Seen
		}
		p.Steps = append(p.Steps, step)
	}
	p.Steps[2].Where = WhereTarget
	return p
}

func samplePlanned() *Report {
	p := samplePlan()
	p.Findings = sampleRun(0).Findings
	for i := range p.Steps {
		p.Steps[i].State, p.Steps[i].Detail = ToDo, "can be done"
	}
	rep := p.Report()
	rep.Started, rep.Ended = sampleStart, sampleStart
	return rep
}

func sampleInterrupted() *Report {
	rep := sampleRun(6)
	began, ended := rep.Ended, rep.Ended.Add(4*time.Minute)
	rep.Steps[6] = &StepResult{Name: "migrate", State: Interrupted, Detail: "waiting",
		Started: &began, Ended: &ended}
	rep.Ended = ended
	return sampleEnd(rep, "interrupted", "interrupted",
		"run the same command again: it resumes where it stopped")
}

func sampleFailed() *Report {
	rep := sampleRun(4)
	began, ended := rep.Ended, rep.Ended.Add(63*time.Second)
	failed := "setup: setup.sh ended with exit status 1:\nport 5432 is in use\nsee logs/setup.log"
	rep.Steps[4] = &StepResult{Name: "setup", State: Failed, Detail: failed, Started: &began, Ended: &ended}
	rep.Ended = ended
	return sampleEnd(rep, "failed", failed,
		"stop the other database, or give the port with -database-port, then run the same command again")
}

func sampleComparison() *Report {
	r := sampleVerify()
	r.Resumed = true
	return sampleOf(r, "done")
}

// sampleOf is a report of a comparison alone.
func sampleOf(r *verify.Report, outcome string) *Report {
	return &Report{
		Version: Version, Started: r.Started, Ended: r.Ended, Verify: r, Outcome: outcome,
		Source: ServerSeen{URL: r.Source}, Target: ServerSeen{URL: r.Target},
	}
}

// sampleHostile has hostile text in every member that is a text.
func sampleHostile() *Report {
	rep := sampleDifferences(2, 5)
	rep.Source, rep.Target = ServerSeen{URL: hostile, State: hostile,
		Version: hostile}, ServerSeen{URL: "javascript:alert(1)", State: hostile}
	for _, s := range rep.Steps {
		s.Detail = hostile
	}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.Code, f.Step, f.Seen, f.Why, f.Remedy = hostile, hostile, hostile, hostile, hostile
		f.Doc = []string{"javascript:alert(1)", hostile, "https://example.com/" + hostile}[i%3]
	}
	v := rep.Verify
	v.Off, v.Accept = []string{hostile}, []string{hostile}
	for i := range v.Collections {
		c := &v.Collections[i]
		c.Name, c.Resource, c.Reason = hostile, hostile, hostile
		c.ClosedValues = verdict.ClosedValues{{Member: hostile, Form: hostile, Alias: hostile, Count: 1}}
		for _, ids := range [][]string{c.Missing, c.Extra, c.Duplicates} {
			for j := range ids {
				ids[j] = hostile
			}
		}
		for j := range c.Changed {
			c.Changed[j] = verify.Change{ID: hostile, Members: []string{hostile, strings.Repeat("x", 5000)}}
		}
		for j := range c.Expected {
			c.Expected[j].Code, c.Expected[j].Says = hostile, hostile
		}
		for j := range c.Values {
			quoted, _ := json.Marshal(hostile)
			c.Values[j] = verify.ChangedValue{ID: hostile, Member: hostile, Source: quoted,
				Withheld: c.Values[j].Withheld}
		}
	}
	for i := range v.Checks {
		c := &v.Checks[i]
		c.Code, c.Name, c.Tab, c.Detail, c.Remedy = hostile, hostile, hostile, hostile, hostile
	}
	for i := range v.Failed.Records {
		v.Failed.Records[i] = verify.FailedRecord{Mapping: hostile, Run: hostile, ID: hostile,
			Reason: hostile, Collection: hostile, Missing: true}
	}
	v.Failed.Reason, v.Failed.Repair = hostile, hostile
	rep.Error, rep.Remedy = hostile, hostile
	return rep
}

// eachSample runs a test for every sample.
func eachSample(t *testing.T, test func(t *testing.T, rep *Report)) {
	for name, rep := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, rep)
		})
	}
}
