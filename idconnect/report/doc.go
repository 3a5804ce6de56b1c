// Package report has what an upgrade plans, did and proved, and writes it for
// people and programs: as a page of HTML, plain text, JSON and JUnit XML. It
// asks no server; what it shows was seen by the packages idconnect and verify.
//
// It is for programs that keep or show results. Begin with [Report], [Report.Save]
// and [Plan]: a run returns the first, the last says what a run would do. A
// program adds a format with a [Format] of its own, which gets a [View]: the
// report with every text made printable.
package report
