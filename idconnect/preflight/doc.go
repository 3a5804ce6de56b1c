// Package preflight has the vocabulary of the checks that run before anything
// is changed: what a check reports, the catalogue of all that it may report,
// and the settings of the checks. It performs no check and reads no file.
//
// It is for programs that decide by themselves about what was found. Begin with
// [Finding], [Findings.Has] and [Codes]. A plan and a report hold findings; their
// codes are stable. Codes is the catalogue by name; docs/findings.md is written
// from it.
package preflight
