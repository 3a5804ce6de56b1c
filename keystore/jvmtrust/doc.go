// Package jvmtrust decides whether a JVM with a given truststore accepts a TLS server's certificate, and why not. It
// builds no connections itself; [Trust.TLSConfig] gives a client of crypto/tls the same judgement.
//
// Begin with [New] and [Trust.Verify].
//
// The rules are those of an HTTPS client on Java 11 or later with unchanged security settings: the JDK's
// X509TrustManagerImpl, PKIXValidator, EndEntityChecker and HostnameChecker. The tests compare each verdict with Java.
//
// # Where it differs from Java
//
// Certificates that crypto/x509 cannot parse are not anchors ([Trust.Skipped]). No anchor counts as one of those that
// come with the JDK, below which Java also refuses SHA-1 and wildcards for a public suffix. Java's list of blocked
// certificates is not consulted. Signatures by Ed448, and name constraints on kinds of names other than host, address,
// mail, URI and directory, are refused with [ReasonUnreadable].
//
// Where versions of Java differ, the rules are those of Java 11 to 17. Later ones take a wildcard only in the first
// label, and neither DSA nor SHA-224 below an anchor.
package jvmtrust
