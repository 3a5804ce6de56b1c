// Package idconnecttest has what a test of a whole upgrade needs: a pair of fake
// servers with clients, and a whole site, with the folders of both generations,
// a package whose set-up script asks, and an [idconnect.Upgrade] that is ready to
// run.
//
// It is for everybody who tests a program on package idconnect or migration. Begin
// with [NewPair], [NewSite] and [Options]: a pair is a source and a target that
// trusts it, and a site needs nothing but a folder. [StartPair] and [StartSite] do
// the same for a program. The servers are those of package openidmtest, whose
// options and faults apply.
//
//	site := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 20}})
//	report, err := site.Upgrade.Run(t.Context())
//
// The passwords protect nothing, and the set-up script holds that of the stores:
// nothing here is for real data.
package idconnecttest
