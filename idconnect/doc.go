// Package idconnect carries out the upgrade of Salesforce Identity Connect 2.1
// to 7.1.6 and proves that it worked.
//
// [Upgrade] is the whole: [Upgrade.Plan] looks at both installations and both
// servers and changes nothing; [Upgrade.Run] carries out the steps that are
// not done yet; [Upgrade.Rollback] puts back what was replaced. [Verify]
// compares two servers record by record and is useful on its own, as is
// [Installation], which reads what a folder says about its server.
//
// # Steps
//
// The vendor's procedure has six tasks by hand. Here they are eight steps, in
// this order: prepare, unpack, stores, java, setup, configure, migrate,
// verify. Each has a check ("is it done?") that looks at the world and not at
// a memory of it, an action, and an undo where something can be undone. So the
// same call, made again after an interruption, goes on where the first one
// stopped. Only what the world cannot show is remembered, in a journal: that a
// migration was asked for, which files were replaced, which were unpacked.
//
// The source is only ever read.
//
// # Facts and assumptions
//
// The order of the steps, the names of the two stores, the ports and the three
// actions of endpoint/migration are the vendor's documentation. That version
// 7.1.6 keeps boot.properties where OpenIDM does, what its set-up script asks,
// and what endpoint/migration answers are assumed; each is a field that can be
// set.
package idconnect
