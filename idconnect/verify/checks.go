package verify

// CheckResult is what became of a [Check].
type CheckResult string

// Results of a check. CheckNotChecked is never a pass.
const (
	CheckPassed     CheckResult = "passed"
	CheckFailed     CheckResult = "failed"
	CheckNotChecked CheckResult = "not checked"
)

// Check is one of the looks with which the vendor's procedure ends: what one
// of the acceptance.checker shows, by name.
type Check struct {
	// Code is stable, such as "SALESFORCE-ORGS"; Name is for people.
	Code string `json:"code"`
	Name string `json:"name"`
	// Tab is where the vendor's procedure looks.
	Tab    string      `json:"tab,omitempty"`
	Result CheckResult `json:"result"`
	// Detail is what was seen or, of a check that was not made, why not.
	Detail string `json:"detail,omitempty"`
	// Remedy says what to do about a check that failed.
	Remedy string `json:"remedy,omitempty"`
	// Source and Target are what was counted on both sides, -1 where nothing
	// was.
	Source int64 `json:"source"`
	Target int64 `json:"target"`
}

// FailedRecords are the records that the target's migration could not copy, as
// its reconciliation runs and audit entries name them.
type FailedRecords struct {
	// Checked says that the audit entries of every run with failures were read.
	// Otherwise Reason says why they were not.
	Checked bool   `json:"checked"`
	Reason  string `json:"reason,omitempty"`
	// Count is how many the runs count themselves; Records holds up to
	// Options.MaxDifferences of them, in ascending order of mapping and id.
	Count   int64          `json:"count"`
	Records []FailedRecord `json:"records,omitempty"`
	// Repair suggests what to do, "" where nothing failed.
	Repair string `json:"repair,omitempty"`
}

// FailedRecord is a record that a reconciliation could not copy.
type FailedRecord struct {
	Mapping string `json:"mapping"`
	Run     string `json:"run"` // the id of the reconciliation
	ID      string `json:"id"`
	Reason  string `json:"reason,omitempty"`
	// Collection is where the record belongs, "" where that is not known, and
	// Missing whether the comparison, too, finds that the target lacks it.
	Collection string `json:"collection,omitempty"`
	Missing    bool   `json:"missing"`
}
