// Package migration drives the one service that copies the records of an
// Identity Connect 2.1 into a 7.1.6: endpoint/migration of the target, with
// its actions configure, migrate and status.
//
// Configure and Migrate are sent once each, and are never sent again by this
// package: when an answer is lost, the error is an [*UnknownOutcomeError], and
// [Client.Status] settles it. [Client.Wait] polls.
//
// The form of the endpoint's answers is documented nowhere. [ParseStatus]
// reads them liberally, by the rules in its comments, all of them assumed; a
// word that is not known is never success.
package migration
