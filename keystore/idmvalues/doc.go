// Package idmvalues reads what an OpenIDM server keeps under keys and passwords: encrypted values in its
// configuration and its users, and the passwords in boot.properties. It proves that a key store opens a value and
// compares values by what they hold, without giving the plaintext out. It does not encrypt, and it does not talk to
// servers.
//
// It is for programs that must know, before keys are moved, that they open what a server has encrypted. Begin with
// [Scan], [Opens] and [DecodePassword]: the first finds the encrypted values of a document, the last reads a password
// of boot.properties.
//
// The forms of encrypted values and of passwords were measured on the community's OpenIDM 7.0.2; OBF is the form of
// org.eclipse.jetty.util.security.Password.
package idmvalues
