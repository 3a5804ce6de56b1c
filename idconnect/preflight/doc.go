// Package preflight has the vocabulary of the checks that run before anything
// is changed: what a check reports, the catalogue of all that it may report,
// and the settings of the checks. It performs no check and reads no file.
//
// Begin with [Finding], which a plan and a report hold. A program that
// branches on a finding compares its code, which is stable, or asks
// [Findings.Has]. [Codes] is the catalogue by name; docs/findings.md is
// written from it.
package preflight
