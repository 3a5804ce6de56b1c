// Package idconnecttest has what a test of a whole upgrade needs: a pair of fake
// servers with clients, and a whole site, with the folders of both generations,
// a package whose set-up script asks, and an [idconnect.Upgrade] that is ready to
// run. It is for tests of programs on package idconnect or migration.
//
// Begin with [NewSite], which needs nothing but a folder, [NewPair], which starts a
// source and a target that trusts it, and [Options]. [StartSite] and [StartPair] do
// the same for a program. The servers are those of package openidmtest, whose
// options and faults apply.
//
//	site := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 20}})
//	report, err := site.Upgrade.Run(t.Context())
//
// The passwords protect nothing, and the set-up script holds that of the stores:
// nothing here is for real data.
package idconnecttest
