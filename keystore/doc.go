// Package keystore reads and writes Java key stores: JCEKS with private keys,
// secret keys and certificates, JKS, and PKCS#12 as far as go-pkcs12 goes. It
// copies, merges and compares stores, proves that a store opens the encrypted
// values of an OpenIDM server, and decides about a certificate as a JVM with a
// given truststore would.
//
// [Open] tells the format by a file's content. A [Store] lists its entries
// without opening a key or parsing a certificate; keys are opened one at a
// time, with their password, by [Entry.PKCS8], [Entry.PrivateKey] and
// [Entry.SecretKey].
//
// # Sources
//
// The container and JKS's key protection are those of OpenJDK's
// sun.security.provider.JavaKeyStore and KeyProtector, JCEKS's of
// com.sun.crypto.provider.JceKeyStore, KeyProtector and PBES1Core; serialized
// keys follow the Java Object Serialization Specification, chapter 6.
//
// # Hostile files
//
// A file is read into memory once, up to a limit; what it says about lengths
// and counts is checked against what is left of it, and iteration counts
// against Java's own limit before any work is done. Serialized objects are
// read by a parser that knows the few classes of secret keys and instantiates
// nothing.
package keystore
