// Package idconnect carries out the upgrade of Salesforce Identity Connect 2.1
// to 7.1.6 and proves that it worked. To drive the migration service alone use
// package migration; to read key stores, package keystore.
//
// It is for programs that upgrade whole installations. Begin with [Upgrade],
// [Upgrade.Run] and [Verify]. [Upgrade.Plan] performs the preflight checks and
// changes nothing; [Upgrade.Run] carries out the steps that are not done yet;
// [Upgrade.Rollback] restores what was changed. [Verify] compares two servers
// record by record and is useful on its own; [Upgrade.Repair] restores the
// records that differ. Findings, results and reports are types of packages
// preflight, verify, acceptance, repair and report, below this one.
//
// # Steps
//
// The vendor's procedure has six tasks by hand. Here they are eight steps, in
// this order: prepare, unpack, stores, java, setup, configure, migrate, verify.
// Each can tell whether it is done, from the servers and the disk and not from
// a memory of it; it is applied, and undone where something can be undone. So
// the same call, made again after an interruption, resumes where the first one
// stopped. A lock prevents concurrent runs.
//
// Where source and target are on two machines, [Upgrade.Export] writes the
// stores into one encrypted file, and StoresFile names it on the other. A
// [report.StepPlan] says on which machine its step runs.
//
// The source is only ever read.
//
// # Logging
//
// [Upgrade.Logger] receives everything, without secrets. The names of messages and
// attributes are stable:
//
//   - "upgrade event": kind, step, state, detail, done, total, unit, rate, left; code,
//     severity, seen, why, remedy. Runs, steps and findings are at info, warn or error;
//     counts, notices and the lines of the set-up script at debug.
//   - "migration request" at info: action. "migration status" at info, when it changes
//     or the target does not answer: action, phase, word, message, notUnderstood,
//     processed, total, failed, rate, down.
//   - "collection compared" at info: collection, resource, source, target, differences,
//     result.
//   - "openidm request" at debug: method, host, path, action, attempt, duration, status
//     or error.
//
// Without an Upgrade, the same come from the Logger of an openidm.Client: of the
// migration client's API, and of the source where two servers are compared.
//
// # Glossary
//
//   - Source: the server of 2.1. Target: the server of 7.1.6. An installation
//     is the folder of either, salesforceIdConnect.
//   - Stores: the keystore and the truststore of a server. A handover file
//     carries those of the source to the target's machine.
//   - Preflight: everything that is checked before something is changed. A check
//     looks at one thing and reports findings. A finding blocks, warns or
//     informs; its code is stable.
//   - Step: one of the eight parts of an upgrade. Plan: where each step stands
//     before a run. Report: what a run did and proved.
//   - Journal: the file that records, of each action that changes something,
//     the intent before and the outcome after it. Nothing else is remembered.
//   - Resolve: to find out what became of a request whose response was lost or
//     whose run was killed. It is never sent again to find out.
//   - Phase: what a target says of its migration, in this SDK's words. A word
//     that is not known is never success.
//   - Verify: to compare the records of both servers. Acceptance: the checks of
//     what the vendor's procedure looks at last, on the four tabs of the UI.
//   - Repair: to restore single records of the target from the source, through the
//     target's repository.
//   - Assumed: not found by us in any public document or source. Whatever is
//     assumed is marked so, and can be set.
//
// # Facts and assumptions
//
// The order of the steps, the names of the two stores, the ports and the three
// actions of endpoint/migration are the vendor's documentation. Where version
// 7.1.6 keeps boot.properties, what its set-up script asks, and what
// endpoint/migration answers are assumed; each is a field that can be set.
package idconnect
