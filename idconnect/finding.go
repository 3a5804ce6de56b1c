package idconnect

import (
	"fmt"
	"slices"
)

// Severity says what a [Finding] means for the run.
type Severity string

// The severities of findings.
const (
	// Blocks: the step, and so the run, would fail.
	Blocks Severity = "blocks"
	// Warns: it may go wrong; the run goes on.
	Warns Severity = "warns"
	// Informs: something worth knowing, or that only a person can check.
	Informs Severity = "informs"
)

// Codes of findings. They are stable: programs may branch on them.
const (
	CodeSourceUnreachable  = "SOURCE-UNREACHABLE"
	CodeSourceStarting     = "SOURCE-STARTING"
	CodeSourceNotOpenIDM   = "SOURCE-NOT-OPENIDM"
	CodeSourceTLS          = "SOURCE-TLS"
	CodeSourcePassword     = "SOURCE-PASSWORD"
	CodeSourceRole         = "SOURCE-ROLE"
	CodeTargetUnreachable  = "TARGET-UNREACHABLE"
	CodeTargetTLS          = "TARGET-TLS"
	CodeTargetPassword     = "TARGET-PASSWORD"
	CodeTargetRole         = "TARGET-ROLE"
	CodeTargetNotOpenIDM   = "TARGET-NOT-OPENIDM"
	CodeTargetStarted      = "TARGET-STARTED-TOO-EARLY"
	CodeTargetIsSource     = "TARGET-IS-SOURCE"
	CodeTargetFolder       = "TARGET-FOLDER"
	CodeSourceFolder       = "SOURCE-FOLDER"
	CodePackage            = "PACKAGE-UNUSABLE"
	CodeStoreMissing       = "STORE-MISSING"
	CodeStorePassword      = "STORE-PASSWORD"
	CodeStoreUnreadable    = "STORE-UNREADABLE"
	CodeStoreUnverified    = "STORE-UNVERIFIED"
	CodeStoreAlias         = "STORE-ALIAS-MISSING"
	CodeStoreKey           = "STORE-KEY-DOES-NOT-OPEN"
	CodeValueDoesNotOpen   = "VALUE-DOES-NOT-OPEN"
	CodeValuesNotChecked   = "VALUES-NOT-CHECKED"
	CodeJava               = "JAVA-UNUSABLE"
	CodeCertificateName    = "SOURCE-CERT-NAME"
	CodeCertificateTrust   = "SOURCE-CERT-UNTRUSTED"
	CodeCertificateUnknown = "SOURCE-CERT-NOT-CHECKED"
	CodeInstanceURL        = "INSTANCE-URL"
	CodeReminder           = "CHECK-BY-HAND"
	CodeRunInProgress      = "RUN-IN-PROGRESS"
)

// Finding is something that decides, or may decide, whether the upgrade
// succeeds. It holds no secret.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Step is the step that it concerns.
	Step string `json:"step"`
	// Seen is what was found, on which server or in which file.
	Seen string `json:"seen"`
	// Why says why it matters, Remedy what to do.
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// String gives the finding in one line.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s", f.Code, f.Seen)
	if f.Remedy != "" {
		s += " (remedy: " + f.Remedy + ")"
	}
	return s
}

// Findings are what [Upgrade.Preflight] found, in the order of the steps.
type Findings []Finding

// Blocking returns the findings that block.
func (fs Findings) Blocking() Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Severity != Blocks })
}

// Of returns the findings that concern a step.
func (fs Findings) Of(step string) Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Step != step })
}

// Has says whether one of the findings has the code.
func (fs Findings) Has(code string) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Code == code })
}
