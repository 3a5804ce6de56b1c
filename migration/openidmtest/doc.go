// Package openidmtest has fake OpenIDM servers for tests and demonstrations:
// a source and a target of an upgrade that speak TLS on the loopback
// interface, with a certificate and key stores of a real server's kind.
//
// It is for the unit tests of programs that talk to such servers. Begin with
// [NewSource], [NewTarget] and [Fault]; [Start] is for programs without a test.
// Records are given by number ([Options]) or one by one ([Server.Put]), and
// are looked at with [Server.Records]. A target really connects to its source
// over TLS, trusts what its own truststore trusts, and really copies the
// records. What goes wrong is scripted with a [Fault].
//
// Relationships (roles and members, manager and reports, assignments) are those
// of the default schema, and are kept with the record that has them: repo/… shows
// them there, where a real server has repo/relationships.
//
// The behaviour is that of the community's OpenIDM 7.0.2 as measured or as read in its
// sources; what is assumed says so. Scripts are not interpreted, and nothing is
// kept after the process ends.
package openidmtest
