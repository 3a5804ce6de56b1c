// Package idconnect carries out the upgrade of Salesforce Identity Connect 2.1
// to 7.1.6 and proves that it worked.
//
// [Upgrade] is the whole: [Upgrade.Plan] looks at both installations and both
// servers and changes nothing; [Upgrade.Run] carries out the steps that are
// not done yet; [Upgrade.Rollback] puts back what was changed. [Verify]
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
// stopped. Only what the world cannot show is remembered, in a journal: of each
// action that changes something the intent, before it, and the outcome, after
// it. What a run that was killed left open the next one settles, by what lies
// on the disk, and by what the target says and holds. A lock keeps two runs
// apart.
//
// Where source and target are two machines, [Upgrade.Export] writes the stores
// into one encrypted file, and StoresFile names it on the other; a [StepPlan]
// says where its step runs.
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
