package migration

import (
	"errors"
	"fmt"
	"strings"
)

// What a caller may branch on.
var (
	// ErrBadCertificate: the target does not accept the source's certificate.
	ErrBadCertificate = errors.New("the target does not accept the source's certificate")
	// ErrAlreadyRunning: a migration runs, so none was started.
	ErrAlreadyRunning = errors.New("a migration runs already")
	// ErrNoEndpoint: the server has no endpoint/migration: it is not a 7.1.6
	// of Identity Connect, or not the target.
	ErrNoEndpoint = errors.New("the server has no migration endpoint")
)

// FailedError: configure or the migration failed, says the target. It matches
// [ErrBadCertificate] when its message says so.
type FailedError struct {
	Action string // "configure" or "migrate"
	Status Status
	Err    error // the server's answer, where it was an error
}

func (e *FailedError) Error() string {
	s := "the target refused"
	if e.Action == "migrate" {
		s = "the migration failed"
	}
	switch {
	case e.Status.Message != "":
		s += ": " + e.Status.Message
	case e.Err != nil:
		s += ": " + e.Err.Error()
	case e.Status.Word != "":
		s += ": the target says " + e.Status.Word
	}
	return s
}

func (e *FailedError) Unwrap() error { return e.Err }

// Is matches [ErrBadCertificate].
func (e *FailedError) Is(target error) bool {
	return target == ErrBadCertificate && isBadCertificate(e.Error())
}

// Remedy says what to do.
func (e *FailedError) Remedy() string {
	text := e.Error()
	switch {
	case strings.Contains(text, "No subject alternative") || strings.Contains(text, "No name matching"):
		return "the host name in the instance URL must be the one in the source's certificate, and resolve to the source on the target's machine: use that name (-instance-url) with a line in its hosts file"
	case isBadCertificate(text):
		return "the target's truststore must hold the source's certificate before the target starts: stop the target, copy keystore.jceks and truststore of 2.1 into its security folder (step stores), start it, and configure again"
	case strings.Contains(text, "Connection refused"):
		return "the target cannot reach the instance URL: start the source, and check port and firewall as seen from the target's machine"
	case strings.Contains(text, "UnknownHost"):
		return "the host name of the instance URL does not resolve on the target's machine: add a line to its hosts file"
	case strings.Contains(text, "401"):
		return "the source refuses the account: check the user name and password of the source"
	case e.Status.Phase == PhaseCompleteWithFailures:
		return "look at the target's audit/recon for the failed records, and at verify for what is missing"
	}
	return "look at the target's log"
}

// badCertificate are what the endpoint and Java's TLS say of a certificate.
var badCertificate = []string{
	"bad certificate", "bad_certificate", "pkix path", "certpathvalidatorexception", "suncertpathbuilderexception",
	"no subject alternative", "no name matching", "certificateexception", "certificate_unknown", "unable to find valid certification path",
	"sslhandshakeexception", "signature check failed", "validity check failed", "certificateexpired", "certificatenotyetvalid",
}

func isBadCertificate(text string) bool {
	text = strings.ToLower(text)
	for _, s := range badCertificate {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// UnknownOutcomeError: whether the target received a request, or what became
// of it, is not known. It must not be sent again before that is settled.
type UnknownOutcomeError struct {
	Action string  // "configure" or "migrate"
	Status *Status // the last one read; nil: none
	Err    error
}

func (e *UnknownOutcomeError) Error() string {
	s := e.Action + ": its outcome is not known"
	if e.Status != nil && e.Status.Word != "" {
		s += fmt.Sprintf(" (the target says %q)", e.Status.Word)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// UnknownStateError: the target gives an answer that is not understood. It is
// never taken for success.
type UnknownStateError struct{ Status Status }

func (e *UnknownStateError) Error() string {
	raw := string(e.Status.Raw)
	if len(raw) > 200 {
		raw = raw[:200] + "…"
	}
	return fmt.Sprintf("the target's answer is not understood: %q", raw)
}

// Remedy says what to do.
func (e *UnknownStateError) Remedy() string {
	return "look at the target's log for what it does, and report the answer"
}
