package verify

import "github.com/idconnect-go/upgrade/internal/text"

// CheckResult is the result of a [Check].
type CheckResult string

// Results of a check. CheckNotChecked is never a pass.
const (
	CheckPassed     CheckResult = "passed"
	CheckFailed     CheckResult = "failed"
	CheckNotChecked CheckResult = "not checked"
)

// Check is the result of one acceptance check. Package acceptance makes them.
type Check struct {
	// Code is stable, such as "SALESFORCE-ORGS"; Name is for people.
	Code string `json:"code"`
	Name string `json:"name"`
	// Tab is the tab of the user interface where the vendor's procedure looks,
	// "" if its name is not known.
	Tab    string      `json:"tab,omitempty"`
	Result CheckResult `json:"result"`
	// Detail is what was seen or, if the check was skipped, why.
	Detail string `json:"detail,omitempty"`
	// Remedy says what to do if the check failed.
	Remedy string `json:"remedy,omitempty"`
	// Source and Target are the counts on both servers, or -1.
	Source int64 `json:"source"`
	Target int64 `json:"target"`
	// Seconds is how long the check took.
	Seconds float64 `json:"seconds,omitempty"`
}

// String returns the check and its result on one line.
func (c Check) String() string {
	return text.Line(c.Code + ": " + text.Because(string(c.Result), c.Detail))
}

// FailedRecords are the records that the migration could not copy, according to
// the target's reconciliation runs and audit entries.
type FailedRecords struct {
	// Checked reports whether the audit entries of every run with failures were
	// read. Otherwise Reason says why not.
	Checked bool   `json:"checked"`
	Reason  string `json:"reason,omitempty"`
	// Count is the number of failures according to the runs. Records holds up to
	// Options.MaxDifferences of them, ordered by mapping and id.
	Count   int64          `json:"count"`
	Records []FailedRecord `json:"records,omitempty"`
	// Repair suggests what to do, "" if nothing failed.
	Repair string `json:"repair,omitempty"`
}

// FailedRecord is a record that a reconciliation could not copy.
type FailedRecord struct {
	Mapping string `json:"mapping"`
	Run     string `json:"run"` // the id of the reconciliation
	ID      string `json:"id"`
	Reason  string `json:"reason,omitempty"`
	// Collection is the record's collection, "" if unknown. Missing reports
	// whether the target lacks the record according to the comparison too.
	Collection string `json:"collection,omitempty"`
	Missing    bool   `json:"missing"`
}
