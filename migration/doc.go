// Package migration drives the service that copies the records of an Identity
// Connect 2.1 into a 7.1.6: endpoint/migration of the target, with its actions
// configure, migrate and status. It does not prepare key stores or start
// servers, and does not compare records; package idconnect does.
//
// It is for programs that have both servers at hand and want the migration alone.
// Begin with [Client.Configure], [Client.Migrate] and [Client.Wait], which polls.
// Configure and Migrate are sent once each and never again by this package. If an
// answer is lost, the error is an [*UnknownOutcomeError], and [Client.Status]
// resolves it.
//
// The form of the endpoint's answers is not documented. [ParseStatus] reads them
// liberally, by rules that are all assumed; an unknown word is never success. A
// target that answers in another form needs [Client.Parse] or [Client.Words].
package migration
