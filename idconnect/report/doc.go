// Package report has what an upgrade plans, did and proved, and writes it for
// people and programs: as a page of HTML, plain text, JSON and JUnit XML. It
// asks no server; what it shows was seen by the packages idconnect and verify.
//
// Begin with [Report], which a run returns, and [Report.Save]. A [Plan] says
// what a run would do. A program adds a format with a [Format] of its own,
// which gets a [View]: the report with every text made printable.
package report
