// Package keystore reads and writes Java key stores: JCEKS with private keys,
// secret keys and certificates, JKS, and PKCS#12 as far as go-pkcs12 goes. It
// copies, merges and compares stores, proves that a store opens the encrypted
// values of an OpenIDM server, and decides about a certificate as a JVM with a
// given truststore would.
//
// [Open] tells the format by a file's content, not by its name. A [Store] lists
// its entries without opening a key or parsing a certificate. Keys are opened
// by an explicit call with their password: one by [Entry.PKCS8],
// [Entry.PrivateKey] or [Entry.SecretKey], all of them, over all cores, by
// [Store.OpenKeys].
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
//	listed without password yes         yes         no: ErrPKCS12Unsupported
//	unchanged, written as
//	it was                  yes         yes         never written
//
// Private keys are RSA, EC, DSA, Ed25519 and X25519 as Go's own types, and all
// others (Ed448, X448, RSASSA-PSS, DH) as an [OpaqueKey] with their OID.
//
// In PKCS#12 a key's bytes are as OpenSSL and Java write them, encoded anew, and
// a key under another password than the file's, or in a file without a digest,
// is ErrPKCS12Unsupported too.
//
// Go's other libraries, beside this package, by their source and by what
// they do with its fixtures:
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
// Where Java is lenient, so is this package, and says so in [Store.Warnings];
// [Strict] makes an error of it: two equal aliases, of which the later entry
// counts; bytes after the trailer; an alias that is not in lower case, which
// Java lists and never finds. In one thing Java is not lenient and this package
// is, with a warning: a certificate that is damaged, under a digest that is
// right, keeps Java from loading the store.
//
// Keys are given as they are stored: attributes and public keys in a PKCS#8 that
// Java drops when it encodes a key anew are there, and a form that Java 17 does
// not parse (a curve by its parameters, version 2 of PKCS#8) is no error.
//
// Only printable ASCII passwords protect keys in JCEKS (others, that Java takes
// since 25, are read and not written); any text protects keys in JKS and both
// containers. Without a password the container is listed and
// [Store.Verified] is false. With a wrong one it is [ErrIntegrity], the same as
// a damaged file: the format has no way to tell.
//
// # Hostile files
//
// A file is read into memory once, up to a limit ([WithLimit]); a store takes
// no more than some seven times its file in the worst case and 1.2 times for
// certificates. What a file says about lengths and counts is checked against
// what is left of it, and iteration counts against Java's own limit, 5,000,000,
// before any work is done. Serialized objects are read by a parser that knows
// the few classes of secret keys and instantiates nothing. One thing is left:
// in PKCS#12, counts inside of an encrypted part are seen by go-pkcs12 only, so
// a hostile file whose password is known can keep it busy.
//
// # Sources
//
// The container and JKS's key protection are those of OpenJDK's
// sun.security.provider.JavaKeyStore and KeyProtector, JCEKS's of
// com.sun.crypto.provider.JceKeyStore, KeyProtector and PBES1Core; serialized
// keys follow the Java Object Serialization Specification, chapter 6; subjects
// are printed as by sun.security.x509.AVA. Encrypted values and the forms of
// passwords in boot.properties were measured on OpenIDM 7.0.2, the form OBF is
// that of org.eclipse.jetty.util.security.Password. The package's tests ask
// Java, where it is installed, about all that is read and written here.
package keystore
