package jvmtrust

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// usages are dates, usage and extensions of the server's own certificate.
func (m *matrix) usages() {
	m.issued("date: expired", wantValidation+"validity check failed", expired)
	m.issued("date: in the future", wantValidation+"validity check failed", future)
	m.add("date: expired, to be built", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost", expired), m.own},
		wantNoPath)
	m.add("date: expired, unknown issuer", certs{m.self("elsewhere")}, "localhost",
		certs{m.leaf(m.root, "localhost", expired)}, wantNoPath)
	m.issued("usage: digital signature", "", usage(x509.KeyUsageDigitalSignature))
	m.issued("usage: key encipherment only", "KeyUsage does not allow digital signatures",
		usage(x509.KeyUsageKeyEncipherment))
	m.issued("usage: none", wantValidation+"incorrect KeyUsage extension bits",
		extra(true, oidKeyUsage, 3, 2, 7, 0))
	m.issued("usage: server", "", purpose(x509.ExtKeyUsageServerAuth))
	m.issued("usage: client", "Extended key usage does not permit use for TLS server authentication",
		purpose(x509.ExtKeyUsageClientAuth))
	m.issued("usage: client and server", "", purpose(x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth))
	m.issued("usage: any", "", purpose(x509.ExtKeyUsageAny))
	m.issued("usage: server gated by Microsoft", "", purpose(x509.ExtKeyUsageMicrosoftServerGatedCrypto))
	m.issued("usage: server gated by Netscape", "", purpose(x509.ExtKeyUsageNetscapeServerGatedCrypto))
	m.issued("usage: CA as server", "KeyUsage does not allow digital signatures", caExtensions)
	m.issued("usage: Netscape server", "", extra(false, oidNetscapeType, 3, 2, 6, 0x40))
	m.issued("usage: Netscape client", "Netscape cert type does not permit use for SSL server",
		extra(false, oidNetscapeType, 3, 2, 7, 0x80))
	m.issued("extension: unknown", "", extra(false, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))
	m.issued("extension: unknown and critical", wantValidation+"unrecognized critical extension(s)",
		extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))
	m.add("extension: unknown and critical, to be built", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost", extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0)), m.own},
		wantNoPath)
	m.asItIs("usage: key encipherment only", usage(x509.KeyUsageKeyEncipherment))
	m.asItIs("usage: client", purpose(x509.ExtKeyUsageClientAuth))
	m.asItIs("extension: unknown and critical", extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))
}

func (m *matrix) algorithms() {
	m.issued("algorithm: SHA-1", "", signedWith(x509.SHA1WithRSA))
	m.asItIs("algorithm: SHA-1", signedWith(x509.SHA1WithRSA))
	m.issued("algorithm: SHA-384", "", signedWith(x509.SHA384WithRSA))
	m.issued("algorithm: SHA-512", "", signedWith(x509.SHA512WithRSA))
	m.issued("algorithm: PSS", "", signedWith(x509.SHA256WithRSAPSS))
	md5Leaf := m.signedByRSA(m.leaf(m.root, "localhost"), m.root, md5RSA, crypto.MD5)
	m.add("algorithm: MD5", certs{m.root.cert}, "localhost", certs{md5Leaf}, wantValidation+
		"Algorithm constraints "+
		"check failed on signature algorithm: MD5withRSA")
	m.last().newer = wantValidation + "Algorithm constraints check failed on disabled algorithm: MD5 " +
		"used with certificate: CN=localhost"
	m.add("algorithm: MD5, to be built", certs{m.root.cert}, "localhost", certs{md5Leaf, m.own}, wantNoPath)
	m.add("algorithm: MD5, trusted as it is", certs{md5Leaf}, "localhost", certs{md5Leaf}, "")
	md5Root := &authority{m.signedByRSA(m.root.cert, m.root, md5RSA, crypto.MD5), m.rsa2}
	m.add("algorithm: MD5 of the root", certs{md5Root.cert}, "localhost", certs{m.leaf(md5Root, "localhost")}, "")
	m.add("algorithm: MD5 of the root in the chain", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), md5Root.cert}, "")
}

func (m *matrix) keySizes() {
	weakLeaf := m.issue("localhost", rsa512, m.root, nil,
		subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example, Inc."}}))
	m.add("key: RSA 512", certs{m.root.cert}, "localhost", certs{weakLeaf}, wantValidation+
		"Algorithm constraints check failed on keysize limits: RSA 512 bit key used with certificate: "+
		`CN=localhost, O="Example, Inc."`)
	m.add("key: RSA 512, trusted as it is", certs{weakLeaf}, "localhost", certs{weakLeaf}, "")
	keyID := func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} }
	weakRoot := &authority{m.issue("weak", rsa512, m.root, nil, caExtensions, keyID), m.root.key}
	m.add("key: RSA 512 of the anchor", certs{weakRoot.cert}, "localhost",
		certs{m.leaf(&authority{m.issue("weak", m.root.key.Public(), m.root, nil, caExtensions, keyID),
			m.root.key},
			"localhost")}, wantValidation+"Algorithm constraints check failed on signature algorithm: "+
			"SHA256withRSA")
	m.last().newer = wantValidation + "Algorithm constraints check failed on keysize limits: RSA 512 " +
		"bit key."
	small := m.rsaKey(1024)
	m.add("key: RSA 1024", certs{m.root.cert}, "localhost",
		certs{m.issue("localhost", small.Public(), m.root, nil)}, "")
	smallRoot := &authority{m.issue("root", small.Public(), nil, small, caExtensions), small}
	m.add("key: RSA 1024 of the root", certs{smallRoot.cert}, "localhost", certs{m.leaf(smallRoot, "localhost")},
		"")
	m.add("key: EC", certs{m.root.cert}, "localhost", certs{m.issue("localhost", m.ec.Public(), m.root, nil)}, "")
	m.add("key: EC P-521", certs{m.root.cert}, "localhost",
		certs{m.issue("localhost", m.ecKey(elliptic.P521()).Public(), m.root, nil)}, "")
	m.add("key: EC P-224", certs{m.root.cert}, "localhost",
		certs{m.issue("localhost", m.ecKey(elliptic.P224()).Public(), m.root, nil)},
		wantValidation+"Algorithm constraints check failed on disabled algorithm: secp224r1")
	m.accepted17()
	ecRoot := &authority{m.issue("root", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	m.add("algorithm: ECDSA", certs{ecRoot.cert}, "localhost", certs{m.leaf(ecRoot, "localhost")}, "")
	m.add("algorithm: ECDSA with SHA-1", certs{ecRoot.cert}, "localhost",
		certs{m.leaf(ecRoot, "localhost", signedWith(x509.ECDSAWithSHA1))}, "")
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	m.check(err)
	edRoot := &authority{m.issue("root", edPublic, nil, edPrivate, caExtensions), edPrivate}
	m.add("algorithm: Ed25519", certs{edRoot.cert}, "localhost", certs{m.leaf(edRoot, "localhost")},
		wantValidation+"signature check failed")
	m.accepted17()
}

// olderAlgorithms are what crypto/x509 does not check.
func (m *matrix) olderAlgorithms() {
	m.add("algorithm: MD2", certs{m.root.cert}, "localhost",
		certs{m.signedByRSA(m.leaf(m.root, "localhost"), m.root, md2RSA, crypto.MD5)}, wantValidation+
			"Algorithm constraints check failed on signature algorithm: MD2withRSA")
	m.newer("disabled algorithm: MD2 used with certificate: CN=localhost")
	m.add("algorithm: SHA-224", certs{m.root.cert}, "localhost",
		certs{m.signedByRSA(m.leaf(m.root, "localhost"), m.root, sha224RSA, crypto.SHA224)}, "")
	m.newer("signature algorithm: SHA224withRSA")
	for _, a := range []string{"dsa", "pss"} {
		anchor, leaf := certs{m.file(a + "-root.der")}, m.file(a+"-leaf.der")
		m.add("algorithm: "+a, anchor, "localhost", certs{leaf}, "")
		if a == "dsa" {
			m.newer("signature algorithm: SHA256withDSA")
		}
		m.add("algorithm: "+a+", spoiled", anchor, "localhost", certs{m.spoiled(leaf)}, wantValidation+
			"signature check failed")
		if a == "dsa" {
			m.newer("signature algorithm: SHA256withDSA")
		}
	}
	m.add("algorithm: RSA, spoiled", certs{m.root.cert}, "localhost", certs{m.spoiled(m.leaf(m.root, "localhost"))},
		wantValidation+"signature check failed")
}
