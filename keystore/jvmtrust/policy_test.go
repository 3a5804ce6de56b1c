package jvmtrust

import (
	"crypto"
	"crypto/x509"
	"net/url"
)

// explicit is a policy constraint: a policy is demanded.
var explicit = extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 0)

const noPolicy = wantValidation + "non-null policy tree required and policy tree is null"

// policed adds a certificate below an intermediate with policies.
func (m *matrix) policed(name, want string, ca []edit, edits ...edit) {
	sub := m.ca(m.root, "sub", ca...)
	m.add("policy: "+name, certs{m.root.cert}, "localhost", certs{m.leaf(sub, "localhost", edits...), sub.cert},
		want)
}

func (m *matrix) policies() {
	m.policed("of the server only", "", nil, policies(1))
	m.policed("another than the CA's", "", []edit{policies(2)}, policies(1))
	m.policed("demanded and there", "", []edit{policies(1), explicit}, policies(1))
	m.policed("demanded and missing", noPolicy, []edit{policies(1), explicit})
	m.policed("demanded and another", noPolicy, []edit{policies(2), explicit}, policies(1))
	m.policed("demanded, any of the CA", "", []edit{policies(0), explicit}, policies(1))
	m.policed("demanded, any of the server", "", []edit{policies(1), explicit}, policies(0))
	m.policed("demanded, none of the CA", noPolicy, []edit{explicit}, policies(1))
	m.policed("demanded from the second on, and missing", noPolicy,
		[]edit{policies(1), extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 1)})
	m.policed("demanded from the third on, and missing", "",
		[]edit{policies(1), extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 2)})
	m.policed("demanded, any inhibited", noPolicy,
		[]edit{policies(1), explicit, extra(true, oidInhibitAnyPolicy, 2, 1, 0)}, policies(0))
	m.policed("demanded and mapped", "",
		[]edit{policies(1), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6,
			3, 0x2a, 3, 2)}, policies(2))
	m.policed("mapping inhibited", "", []edit{extra(true, oidPolicyConstraints, 0x30, 3, 0x81, 1, 0)})
	m.policed("mapped from any", wantValidation+"encountered an issuerDomainPolicy of ANY_POLICY",
		[]edit{policies(1), extra(false, oidPolicyMappings, 0x30, 13, 0x30, 11, 6, 4, 0x55, 0x1d, 0x20, 0, 6, 3,
			0x2a, 3, 2)})
	m.policed("mapped from another that is any", "",
		[]edit{policies(0), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6,
			3, 0x2a, 3, 2)}, policies(2))
	m.policed("mapped away", noPolicy,
		[]edit{policies(1), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6,
			3, 0x2a, 3, 2)}, policies(1))
}

func (m *matrix) qualifiers() {
	qualified := []byte{0x30, 23, 0x30, 21, 6, 3, 0x2a, 3, 1, 0x30, 14, 0x30, 12, 6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 2,
		0x30, 0}
	m.policed("with a qualifier", "", nil, extra(false, oidPolicies, qualified...))
	m.policed("with a critical qualifier", wantValidation+"critical policy qualifiers present in certificate",
		[]edit{policies(1)}, extra(true, oidPolicies, qualified...))
	m.policed("with a critical qualifier where none is valid any more", "", nil,
		extra(true, oidPolicies, qualified...))
	above := m.ca(m.root, "above", policies(1), extra(true, oidPolicyConstraints, 0x30, 6, 0x80, 1, 0, 0x81, 1, 0))
	mapping := &authority{m.issue("mapping", m.ec.Public(), above, nil, caExtensions, policies(1),
		extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6, 3, 0x2a, 3, 2)), m.ec}
	m.add("policy: mapped where that is inhibited above", certs{m.root.cert}, "localhost",
		certs{m.leaf(mapping, "localhost", policies(2)), mapping.cert, above.cert}, noPolicy)
	m.add("policy: demanded by the anchor",
		certs{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, explicit)}, "localhost",
		certs{m.leaf(m.root, "localhost")}, "")
	m.add("policy: demanded by the server", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost", explicit)},
		noPolicy)
	demanding := m.ca(m.root, "sub", policies(1), explicit)
	m.add("policy: demanded and missing, to be built", certs{m.root.cert}, "localhost",
		certs{m.leaf(demanding, "localhost"), m.own, demanding.cert}, wantNoPath)
}

// crossSigned are cross-signed and renewed authorities.
func (m *matrix) crossSigned() {
	old := &authority{m.issue("old root", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	cross := m.issue("root", m.rsa2.Public(), old, nil, caExtensions)
	m.add("cross-signed: the new root is trusted", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), cross}, "")
	m.add("cross-signed: the old root is trusted", certs{old.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), cross}, "")
	m.add("cross-signed: with the old root", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), cross, old.cert}, "")
	expiredCross := m.issue("root", m.rsa2.Public(), old, nil, caExtensions, expired)
	m.add("cross-signed: the cross certificate expired, new root trusted", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), expiredCross}, "")
	m.add("cross-signed: the cross certificate expired, both trusted", certs{old.cert, m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), expiredCross, old.cert}, "")
	m.add("cross-signed: the cross certificate expired, old root trusted", certs{old.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), expiredCross}, wantValidation+"validity check failed")
	m.add("cross-signed: expired one beside a good one", certs{old.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), expiredCross, cross}, "")
	sub := m.ca(m.root, "sub")
	expiredSub := m.ca(m.root, "sub", expired)
	m.add("renewed: the intermediate, the expired one sent first", certs{m.root.cert}, "localhost",
		certs{m.leaf(sub, "localhost"), expiredSub.cert, sub.cert}, "")
	m.add("renewed: the intermediate, the expired one sent last", certs{m.root.cert}, "localhost",
		certs{m.leaf(sub, "localhost"), sub.cert, expiredSub.cert}, "")
	m.add("renewed: the intermediate, the expired one trusted", certs{expiredSub.cert}, "localhost",
		certs{m.leaf(sub, "localhost"), sub.cert, m.root.cert}, "")
}

// servers is what a server's own certificate may have.
func (m *matrix) servers() {
	m.issued("usage: non-repudiation only", "KeyUsage does not allow digital signatures",
		usage(x509.KeyUsageContentCommitment))
	m.issued("usage: key agreement only", "KeyUsage does not allow digital signatures",
		usage(x509.KeyUsageKeyAgreement))
	m.issued("usage: code signing", "Extended key usage does not permit use for TLS server authentication",
		purpose(x509.ExtKeyUsageCodeSigning))
	m.issued("usage: path length of a server", "", notCAExtensions)
	m.issued("version 1", "")
	m.last().chain = certs{m.v1(m.leaf(m.root, "localhost"), m.root)}
	m.add("SAN: URI beside the CN", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost", func(c *x509.Certificate) {
			c.URIs = []*url.URL{{Scheme: "https", Host: "idc21.example.com"}}
		})}, "")
	m.add("host: final dot and wildcard", certs{m.root.cert}, "a.example.org.",
		certs{m.leaf(m.root, "x", dns("*.example.org"))}, "")
	m.add("host: address with a final dot", certs{m.root.cert}, "127.0.0.1.",
		certs{m.leaf(m.root, "x", ips("127.0.0.1"))}, "")
	m.add("host: one word and wildcard", certs{m.root.cert}, "localhost", certs{m.leaf(m.root, "x", dns("*"))},
		"No subject alternative DNS name matching localhost found.")

	md5Sub := &authority{m.signedByRSA(m.ca(m.root, "sub").cert, m.root, md5RSA, crypto.MD5), m.ec}
	m.add("algorithm: MD5 of an intermediate", certs{m.root.cert}, "localhost",
		certs{m.leaf(md5Sub, "localhost"), md5Sub.cert}, wantValidation+
			"Algorithm constraints check failed on signature algorithm: MD5withRSA")
	m.last().newer = wantValidation + "Algorithm constraints check failed on disabled algorithm: MD5 " +
		"used with certificate: CN=sub"
	m.add("algorithm: SHA-1 of an intermediate", certs{m.root.cert}, "localhost", nil, "")
	sha1Sub := m.ca(m.root, "sub", signedWith(x509.SHA1WithRSA))
	m.last().chain = certs{m.leaf(sha1Sub, "localhost"), sha1Sub.cert}
	weakSub := &authority{m.issue("sub", rsa512, m.root, nil, caExtensions), m.root.key}
	m.add("key: RSA 512 of an intermediate", certs{m.root.cert}, "localhost",
		certs{m.leaf(&authority{m.issue("sub", m.root.key.Public(), m.root, nil, caExtensions,
			func(c *x509.Certificate) { c.SubjectKeyId = weakSub.cert.SubjectKeyId }), m.root.key},
			"localhost"), weakSub.cert}, wantValidation+
			"Algorithm constraints check failed on keysize limits: RSA 512 bit key used with "+
			"certificate: CN=sub")
}
