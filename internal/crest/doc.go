// Package crest has the part of a fake OpenIDM server that speaks ForgeRock's
// common REST (CREST): how a request is parsed, how a query is answered, how a
// record is patched, and in which words a request is refused. It knows neither
// resources nor accounts; those are in package openidmtest, which is its only
// user.
//
// It imports no other package of this module, and no client of OpenIDM: a fake
// that shared code with the client would share its mistakes. Begin with [Parse],
// [RunQuery], [Patch] and [WriteResult].
package crest
