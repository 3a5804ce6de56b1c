// Package upgrade is the root of an SDK that carries out the upgrade of
// Salesforce Identity Connect 2.1 to 7.1.6 and proves that it worked. It has
// no code of its own; import what you need:
//
//   - [github.com/idconnect-go/upgrade/idconnect] is the whole: look before,
//     carry out, go on after an interruption, compare, report, roll back.
//   - [github.com/idconnect-go/upgrade/migration] drives the one service that
//     copies the records: configure, migrate, status, wait.
//   - [github.com/idconnect-go/upgrade/migration/openidm] is a typed REST
//     client of an OpenIDM server, which both products are.
//   - [github.com/idconnect-go/upgrade/keystore] reads, writes, copies and
//     compares Java key stores (JCEKS with secret keys, JKS, PKCS#12).
//   - [github.com/idconnect-go/upgrade/keystore/jvmtrust] decides whether a JVM
//     with a given truststore accepts a server's certificate.
//   - [github.com/idconnect-go/upgrade/keystore/idmvalues] proves that a key
//     store opens OpenIDM's encrypted values, and reads boot.properties'
//     passwords.
//   - [github.com/idconnect-go/upgrade/migration/openidmtest] has fake servers
//     to unit-test your program against.
//   - [github.com/idconnect-go/upgrade/idconnect/idconnecttest] has a pair of
//     them that trust each other, and a whole site for a test of an upgrade.
//
// The command in examples/upgrade is a thin layer over idconnect.
package upgrade
