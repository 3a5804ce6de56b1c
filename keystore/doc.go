// Package keystore reads and writes Java key stores: JCEKS with private keys,
// secret keys and certificates, JKS, and PKCS#12 as far as go-pkcs12 goes. It
// copies, merges and compares stores. It does not decide which certificates a
// JVM accepts (package jvmtrust does), it knows nothing of OpenIDM's encrypted
// values (package idmvalues does), and it never uses the network.
//
// It is for programs that read, move or compare the key stores of Java servers.
// Begin with [Open], [Copy] and [Compare]. Open detects the format from the
// file's content, not from its name. A [Store] lists its entries without
// opening a key or parsing a certificate. Only an explicit call opens keys:
// [Entry.PKCS8], [Entry.PrivateKey] and [Entry.SecretKey] open one with its
// password, [Store.SecretKey] one with the store's passwords, and
// [Store.OpenKeys] all of them on all cores.
//
// # What can be read and written
//
//	                        JCEKS       JKS         PKCS#12
//	versions                1, 2        1, 2        3
//	private keys            read write  read write  read RSA, EC
//	secret keys             read write  has none    no: ErrPKCS12Unsupported
//	trusted certificates    read write  read write  read, without alias and date
//	keys and certificates
//	in one store            yes         yes         no: ErrPKCS12Unsupported
//	listed without password yes         yes         no: ErrPasswordNeeded
//	unchanged, written as
//	it was                  yes         yes         never written
//
// Private keys are RSA, EC, DSA, Ed25519 and X25519 as Go's own types, and all
// others (Ed448, X448, RSASSA-PSS, DH) as a value that [Store.PutPrivateKey]
// takes and that prints as the algorithm's name.
//
// The bytes of a PKCS#12 key are encoded anew, as OpenSSL and Java write them. A
// key under a password other than the file's, or in a file without a MAC, is
// ErrPKCS12Unsupported too.
//
// Go's other libraries compared, by their source and with this package's
// fixtures:
//
//	                   keystore    certigo/jceks  keystore-go  minijks  go-pkcs12
//	                               v1.18          v4.5         v1.2     v0.7
//	JCEKS              read write  read write     no           no       no
//	  secret keys      read write  no (1)         no           no       no
//	  private keys     all         RSA, EC (2)    no           no       no
//	JKS                read write  read (3)       read write   r/w      no
//	version 1          read write  no             read         no       no
//	order of entries   kept        lost           its own      by kind  kept
//	aliases            Java's (4)  Java's         bytes        bytes    of keys
//	passwords          any text    up to U+FFFF   bytes        any      UCS-2
//	PKCS#12            go-pkcs12   no             no           no       read write
//	keys as stored     yes         parsed         yes          yes      anew
//	unverified list    yes         yes            no           yes      no
//
// (1) one makes the whole file an error; (2) writes RSA alone; (3) certificates,
// no keys; (4) in modified UTF-8, and found in any case.
//
// # As Java does
//
// Where Java is lenient, so is this package. [Store.Warnings] lists each case,
// and [Strict] turns it into an error: two equal aliases, of which the later
// entry counts; bytes after the trailer; an alias that is not in lower case,
// which Java lists and never finds. In one case this package warns and Java
// refuses to load the store: a damaged certificate under a correct digest.
//
// Keys are returned as they are stored. Attributes and public keys in a PKCS#8,
// which Java drops when it encodes a key anew, are kept. A form that Java 17
// does not parse (a curve by its parameters, version 2 of PKCS#8) is not an
// error.
//
// Passwords of JCEKS keys are printable ASCII; others, which Java accepts since
// 25, are read and not written. Passwords of JKS keys and of both containers
// are any text. Without its password a container is listed and
// [Store.Verified] is false. A wrong password is [ErrIntegrity], as is a damaged
// file: the format cannot tell them apart.
//
// # Hostile files
//
// A file is read into memory once, up to a limit ([WithLimit]). A store takes
// about 1.2 times the size of a file of certificates, and at most about seven
// times its file. Lengths and counts are checked against the rest of the file,
// and iteration counts against Java's own limit of 5,000,000, before any work is
// done. The parser of serialized objects knows the few classes of secret keys
// and instantiates nothing. One gap remains: only go-pkcs12 sees the counts
// inside an encrypted part of PKCS#12, so a hostile file whose password is known
// can keep it busy.
//
// # Sources
//
// The container and JKS's key protection are those of OpenJDK's
// sun.security.provider.JavaKeyStore and KeyProtector, JCEKS's of
// com.sun.crypto.provider.JceKeyStore, KeyProtector and PBES1Core; serialized
// keys follow the Java Object Serialization Specification, chapter 6; subjects
// are printed as by sun.security.x509.AVA. The tests compare what this package
// reads and writes with Java, where it is installed.
package keystore
