// Package kind tells what a file is that is no key store which can be read: the certificate, the text or the
// damage that people take for one. It never fails. Begin with [Of].
package kind

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// File is what a file is.
type File struct {
	// What fits behind "it is": "a certificate in DER".
	What string
	// Next is what to do about it.
	Next string
	// Damaged: it was a key store once, and its bytes are not what they were.
	Damaged bool
}

// Steps that several kinds share.
const (
	nextImport = "import it into a truststore (keystore.Store.PutCertificate, or keytool -importcert -alias NAME " +
		"-file FILE -keystore TRUSTSTORE); or name the store itself"
	nextKey = "make a store of key and certificate: openssl pkcs12 -export -in CERTIFICATE -inkey FILE " +
		"-out STORE.p12; or name the store itself"
	nextBundle = "take the certificates out (openssl pkcs7 -print_certs -in FILE), and import each " +
		"(keystore.Store.PutCertificate, or keytool -importcert -alias NAME -file CERTIFICATE -keystore TRUSTSTORE)"
	nextCastle = "convert it with Bouncy Castle's provider: keytool -importkeystore -srckeystore FILE " +
		"-srcstoretype %s -destkeystore STORE.jceks -deststoretype JCEKS -providerclass " +
		"org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar"
	nextAgain = "copy the file again from where it is whole, as binary"
	nextOther = "name the key store itself"
)

// maxText bounds what is looked through for words.
const maxText = 1 << 20

// Of tells what content is. The zero File means that nobody can tell.
func Of(content []byte) File {
	if len(content) == 0 {
		return File{"an empty file", nextAgain, true}
	}
	for _, b := range beginnings {
		if bytes.HasPrefix(content, []byte(b.bytes)) {
			return b.file
		}
	}
	for _, of := range []func([]byte) File{castle, structure, encoded, replaced, wide, text} {
		if f := of(content); f.What != "" {
			return f
		}
	}
	return File{}
}

var beginnings = []struct {
	bytes string
	file  File
}{
	{"PK\x03\x04", File{"a zip file", "unpack it (unzip FILE), and name the store in it", false}},
	{"\x1f\x8b", File{"compressed by gzip", "unpack it (gunzip -c FILE > STORE), and name the store", false}},
	{"BZh", File{"compressed by bzip2", "unpack it (bunzip2 -c FILE > STORE), and name the store", false}},
	{"\xfd7zXZ\x00", File{"compressed by xz", "unpack it (xz -dc FILE > STORE), and name the store", false}},
	{"\x28\xb5\x2f\xfd", File{"compressed by zstd", "unpack it (zstd -d FILE -o STORE), and name the store",
		false}},
	{"version https://git-lfs.github.com/spec/", File{"a Git LFS pointer, which stands in the place of the file",
		"get the file itself: git lfs pull", false}},
	{"age-encryption.org/v1", File{"a file encrypted by age, as a handover is",
		"name it as a handover, or decrypt it first", false}},
	{"SQLite format 3\x00", File{"an SQLite database, as NSS keeps keys in",
		"export the keys (pk12util -o STORE.p12 -n NAME -d FOLDER), and name that store", false}},
	{"\xac\xed\x00\x05", File{"a serialized Java object", nextOther, false}},
}

// castle tells the stores of Bouncy Castle: version, a salt of 20 bytes and its iterations.
func castle(b []byte) File {
	head, ok := bytes.CutPrefix(b, []byte("\x00\x00\x00"))
	if !ok || len(b) < 33 || head[0] != 1 && head[0] != 2 || !bytes.HasPrefix(head[1:], []byte("\x00\x00\x00\x14")) ||
		b[28]|b[29] != 0 {
		return File{}
	}
	// A BKS goes on with an entry: its kind and the length of its alias. An UBER is encrypted.
	if b[32] == 0 || b[32] <= 4 && len(b) > 35 && int(b[33])<<8|int(b[34]) <= len(b)-35 &&
		isPrintable(b[35:35+int(b[33])<<8+int(b[34])]) {
		return File{"a BKS store of Bouncy Castle", fmt.Sprintf(nextCastle, "BKS"), false}
	}
	return File{"an UBER store of Bouncy Castle", fmt.Sprintf(nextCastle, "UBER"), false}
}

// wide tells UTF-16, with or without a byte order mark, and the mark of UTF-8.
func wide(b []byte) File {
	inner, how := b, "UTF-8 with a byte order mark"
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		inner = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		inner, how = narrow(b[2:], 0), "UTF-16"
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		inner, how = narrow(b[2:], 1), "UTF-16"
	case len(b) > 3 && b[1] == 0 && b[3] == 0 && b[0] != 0 && b[2] != 0:
		inner, how = narrow(b, 0), "UTF-16 without a byte order mark"
	case len(b) > 3 && b[0] == 0 && b[2] == 0 && b[1] != 0 && b[3] != 0:
		inner, how = narrow(b, 1), "UTF-16 without a byte order mark"
	default:
		return File{}
	}
	f := Of(inner)
	if f.What == "" || f.What == aText {
		return File{"a text in " + how, nextOther, false}
	}
	f.What += ", written in " + how
	f.Next = "write it as plain ASCII (iconv, or Set-Content -Encoding ascii); then " + f.Next
	return f
}

// narrow takes the low bytes of UTF-16.
func narrow(b []byte, low int) []byte {
	out := make([]byte, 0, min(len(b), maxText)/2)
	for i := low; i < len(b) && i < maxText; i += 2 {
		if high := i ^ 1; high < len(b) && b[high] != 0 {
			return nil
		}
		out = append(out, b[i])
	}
	return out
}

const aText = "a text"

// text tells what is written in a file that people can read.
func text(b []byte) File {
	b = b[:min(len(b), maxText)]
	if label, ok := pemLabel(b); ok {
		f := File{"PEM with " + article(label), nextImport, false}
		switch {
		case strings.Contains(label, "PRIVATE KEY"):
			f.Next = nextKey
		case label == "PKCS7" || label == "CMS":
			f.Next = nextBundle
		case strings.HasPrefix(label, "PGP"), strings.HasPrefix(label, "SSH"), strings.Contains(label, "PUBLIC"),
			strings.Contains(label, "REQUEST"), strings.Contains(label, "CRL"):
			f.Next = nextOther
		}
		return f
	}
	start := strings.ToLower(string(bytes.TrimSpace(b[:min(len(b), 512)])))
	switch {
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"),
		strings.HasPrefix(start, "<?xml") && strings.Contains(start, "<html"):
		return File{"an HTML page, which servers send to those who are not signed in",
			"download the file again, signed in, and look at its first bytes", false}
	case isPrintable(b):
		return File{aText, nextOther, false}
	}
	return File{}
}

// pemLabel is the label of the first block, wherever it stands.
func pemLabel(b []byte) (string, bool) {
	_, after, ok := bytes.Cut(b, []byte("-----BEGIN "))
	if !ok {
		return "", false
	}
	label, _, ok := bytes.Cut(after[:min(len(after), 80)], []byte("-----"))
	if !ok || !isPrintable(label) {
		return "", false
	}
	return string(label), true
}

// article puts a label in words.
func article(label string) string {
	switch label {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return "a certificate"
	case "PKCS7", "CMS":
		return "PKCS#7"
	}
	return fmt.Sprintf("%q", label)
}

func isPrintable(b []byte) bool {
	if !utf8.Valid(b[:max(0, len(b)-utf8.UTFMax)]) {
		return false
	}
	odd := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n\f", r) }
	return !bytes.ContainsFunc(b, odd)
}
