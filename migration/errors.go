package migration

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// What a caller may branch on, by errors.Is.
var (
	// ErrBadCertificate: the target does not accept the source's certificate.
	ErrBadCertificate = errors.New("the target does not accept the source's certificate")
	// ErrAlreadyRunning: a migration runs, so none was started.
	ErrAlreadyRunning = errors.New("a migration runs already")
	// ErrPending: configure is under way, so no migration was started.
	ErrPending = errors.New("the target is not configured yet")
	// ErrNoEndpoint: the server has no endpoint/migration: it is not a 7.1.6
	// of Identity Connect, or not the target.
	ErrNoEndpoint = errors.New("the server has no migration endpoint")
)

// FailedError is returned if the target reports that configure or the migration
// failed, or that records failed. It matches [ErrBadCertificate] when its message says so.
type FailedError struct {
	Action string // "configure" or "migrate"
	Status Status
	Err    error // the server's answer, where it was an error
}

// Error says what failed, in the target's words.
func (e *FailedError) Error() string {
	s := e.Action + " failed"
	switch {
	case e.Status.Phase == PhaseCompleteWithFailures:
		s = fmt.Sprintf("%s: %s failed", e.Action, text.Plural(max(e.Status.Failed, 0), "record"))
		if e.Status.Processed >= 0 {
			s += ", " + text.Grouped(e.Status.Processed) + " processed"
		}
	case e.Err != nil:
		s += ": " + e.Err.Error()
	case e.Status.Message != "":
		s += ": " + oneLine(e.Status.Message)
	case e.Status.Word != "":
		s += ": the target says " + oneLine(e.Status.Word)
	}
	return s
}

// Unwrap gives the server's answer, where it was an error.
func (e *FailedError) Unwrap() error { return e.Err }

// Is matches [ErrBadCertificate].
func (e *FailedError) Is(target error) bool {
	return target == ErrBadCertificate && isBadCertificate(e.said())
}

func (e *FailedError) said() string { return e.Status.Word + " " + e.Status.Message }

// Remedy says what to do.
func (e *FailedError) Remedy() string {
	said := strings.ToLower(e.said())
	has := func(parts ...string) bool { return holds(said, parts) }
	switch {
	case has("no subject alternative", "no name matching"):
		return "the host name in the instance URL must be the one in the source's certificate, " +
			"and resolve to the source on the target's machine: " +
			"use that name (migration.Source.InstanceURL) with a line in its hosts file, unless it is localhost: " +
			"then renew the certificate with the host name of the source"
	case has("validity check failed", "certificateexpired", "certificatenotyetvalid", "certificate_expired"):
		return "the source's certificate is not valid today: renew it and copy the stores again, " +
			"and check both machines' clocks"
	case isBadCertificate(said):
		return "the target's truststore must hold the source's certificate before the target starts: " +
			"stop the target, copy keystore.jceks and truststore of 2.1 into its security folder " +
			"(step stores), start it, and configure again"
	case has("connection refused", "connectexception", "timed out", "noroutetohost"):
		return "the target cannot reach the instance URL: start the source, " +
			"and check port and firewall as seen from the target's machine"
	case has("unknownhost"):
		return "the host name of the instance URL does not resolve on the target's machine: " +
			"add a line to its hosts file"
	case errors.Is(e.Err, openidm.ErrUnauthorized), errors.Is(e.Err, openidm.ErrForbidden):
		return "the target refuses the account: check its user name, password and rights"
	case has("401", "403", "access denied", "unauthorized"):
		return "the source refuses the account: check the user name and password of the source"
	case e.Status.Phase == PhaseCompleteWithFailures:
		return "verify says which records failed and why, as the target's audit/recon has it, " +
			"and which of them are missing"
	}
	return "look at the target's log"
}

// badCertificate are what the endpoint (documented) and Java's TLS (measured,
// or read in its sources) say of a certificate.
var badCertificate = []string{
	"bad certificate", "bad_certificate", "certificate_unknown", "unknown_ca", "certificate_expired",
	"pkix path", "certpathvalidatorexception", "certpathbuilderexception",
	"unable to find valid certification path",
	"no subject alternative", "no name matching", "signature check failed", "validity check failed",
	"certificateexception", "certificateexpiredexception", "certificatenotyetvalidexception",
	"algorithm constraints check failed", "certificates do not conform to algorithm constraints",
}

func isBadCertificate(text string) bool { return holds(strings.ToLower(text), badCertificate) }

// UnknownOutcomeError is returned if it is not known whether the target received
// a request, or what became of it. Resolve that before sending it again.
type UnknownOutcomeError struct {
	Action string  // "configure" or "migrate"
	Status *Status // the last one read; nil: none
	Err    error
}

// Error says what is not known, and why.
func (e *UnknownOutcomeError) Error() string {
	s := e.Action + ": its outcome is not known"
	if e.Status != nil && e.Status.Word != "" {
		s += fmt.Sprintf(" (the target says %q)", text.Cut(e.Status.Word, maxWord))
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the reason.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *UnknownOutcomeError) Remedy() string {
	return "ask for the status again, and look at the target's log and records, before it is sent once more"
}

// GoneError is returned if a target did not answer [Client.Wait] for MaxDown. What
// it does, or did until then, is not known. It wraps the error of the last request,
// and matches [openidm.ErrUnavailable] where that does.
type GoneError struct {
	Action string        // "configure" or "migrate"
	Status Status        // the last one read; its Phase is "" when there was none
	Down   time.Duration // since the last answer, or since the wait began
	Err    error
}

// Error says for how long, and what the target said last.
func (e *GoneError) Error() string {
	return fmt.Sprintf("%s: the target has not answered for %v, %s: %v", e.Action, e.Down.Round(time.Second),
		lastSaid(e.Status), e.Err)
}

// Unwrap gives the error of the last request.
func (e *GoneError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *GoneError) Remedy() string {
	return "start the target again, then ask for the status: a migration does not resume by itself, and one that " +
		"was received is not sent again without a look at the target's records"
}

// UnknownStateError is returned if the target's answer is not understood. Such an
// answer is never success; Status.Raw holds it.
type UnknownStateError struct{ Status Status }

// Error shows what was not understood, else the beginning of the answer.
func (e *UnknownStateError) Error() string {
	switch odd := oneLine(e.Status.NotUnderstood); {
	case e.Status.Phase == PhaseCompleteUnclear:
		return fmt.Sprintf("the target says that the migration is complete, with something that was not understood: %s",
			odd)
	case odd != "":
		return "the target's answer is not understood: " + odd
	}
	return fmt.Sprintf("the target's answer is not understood: %q", text.Cut(string(e.Status.Raw), 200))
}

// Remedy says what to do.
func (e *UnknownStateError) Remedy() string {
	if e.Status.Phase == PhaseCompleteUnclear {
		return "compare both servers (verify), which shows what arrived, look at the target's log, and report the " +
			"answer; Client.Parse can read another form"
	}
	return "look at the target's log for what it does, and report the answer; " +
		"Client.Words can name what its words mean, and Client.Parse can read another form"
}

// WaitError is returned if the context of [Client.Wait] ended. It wraps the
// context's error.
type WaitError struct {
	Until  Phase
	Status Status // the last one read; its Phase is "" when there was none
	Err    error
}

// Error says what was waited for, and what the target said last.
func (e *WaitError) Error() string {
	return fmt.Sprintf("waiting for %s, %s: %v", e.Until, lastSaid(e.Status), e.Err)
}

func lastSaid(s Status) string {
	switch {
	case s.Processed >= 0 && s.Phase != "":
		return fmt.Sprintf("the target said %q, %s", text.Cut(s.Word, maxWord), text.Plural(s.Processed, "record"))
	case s.Phase != "":
		return fmt.Sprintf("the target said %q", text.Cut(s.Word, maxWord))
	}
	return "no answer yet"
}

// Unwrap gives the context's error, with that of the last request.
func (e *WaitError) Unwrap() error { return e.Err }

func oneLine(s string) string { return text.Line(strings.Join(strings.Fields(s), " ")) }
