// Package jvmtrust decides whether a JVM with a given truststore accepts a TLS server's certificate, and why not. It
// builds no connections itself; [Trust.TLSConfig] gives a client of crypto/tls the same judgement.
//
// It is for programs that must know beforehand what a Java client will say of a server. Begin with [New],
// [Trust.Verify] and [Trust.TLSConfig].
//
// The rules are those of an HTTPS client on Java 11, which the target runs, with unchanged security settings: the JDK's
// X509TrustManagerImpl, PKIXValidator, EndEntityChecker and HostnameChecker, and its reader of certificates, which
// takes much that crypto/x509 refuses and refuses some that it takes. The tests compare verdicts with Java 11 and 17.
//
// # Where it differs from Java
//
// No anchor counts as one of those that come with the JDK, below which Java also refuses SHA-1 and wildcards for a
// public suffix. Java's list of blocked certificates is not consulted. Signatures by Ed448, and by RSA with an exponent
// of more than 31 bits, and name constraints on kinds of names other than host, address, mail, URI and directory, are
// refused with [ReasonUnreadable].
//
// Later versions of Java differ: 17 knows Ed25519 and the curve P-224, and takes a name constraint with a leading dot;
// 24 and later take a wildcard only in the first label, and neither DSA nor SHA-224 below an anchor.
//
// # What Go cannot read
//
// A TLS handshake of crypto/tls ends where a certificate cannot be parsed, before anyone is asked. Programs set
//
//	//go:debug x509negativeserial=1
//
// in their main package, so that a negative serial number is no such case. For other forms [Unreadable] says why, and
// [ParseCertificate] reads them.
package jvmtrust
