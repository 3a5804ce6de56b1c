package jvmtrust

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
)

// policies is a certificate policies extension; 0 stands for any policy.
func policies(numbers ...byte) edit {
	var list []byte
	for _, n := range numbers {
		oid := []byte{6, 3, 0x2a, 3, n}
		if n == 0 {
			oid = []byte{6, 4, 0x55, 0x1d, 0x20, 0}
		}
		list = append(append(list, 0x30, byte(len(oid))), oid...)
	}
	return extra(false, oidPolicies, append([]byte{0x30, byte(len(list))}, list...)...)
}

// authorityTrustCases are what large certificate authorities do: names, policies and
// constraints of their own, cross-signing, renewal.
func authorityTrustCases(m *mint) []trustCase {
	var cases caseList
	add := cases.add
	root := m.ca(nil, "root")
	own := m.self("localhost")

	// Name constraints of an intermediate.
	constrained := func(name, host, want string, constrain edit, cn string, edits ...edit) {
		sub := m.ca(root, "sub", constrain)
		add("names of a CA: "+name, certs{root.cert}, host, certs{m.leaf(sub, cn, edits...), sub.cert}, want)
	}
	broken := wantValidation + "name constraints check failed"
	only := func(domains ...string) edit {
		return func(c *x509.Certificate) { c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = domains, true }
	}
	not := func(domains ...string) edit {
		return func(c *x509.Certificate) { c.ExcludedDNSDomains, c.PermittedDNSDomainsCritical = domains, true }
	}
	_, ten, _ := net.ParseCIDR("10.0.0.0/8")
	constrained("the domain itself", "example.org", "", only("example.org"), "x y", dns("example.org"))
	constrained("domain in other case", "a.EXAMPLE.org", "", only("Example.ORG"), "x y", dns("a.EXAMPLE.org"))
	constrained("longer word", "a.badexample.org", broken, only("example.org"), "x y", dns("a.badexample.org"))
	constrained("leading dot", "a.example.org", "", only(".example.org"), "x y", dns("a.example.org"))
	constrained("leading dot, the domain itself", "example.org", broken, only(".example.org"), "x y", dns("example.org"))
	constrained("wildcard inside", "a.example.org", "", only("example.org"), "x y", dns("*.example.org"))
	constrained("wildcard outside", "a.example.com", broken, only("example.org"), "x y", dns("*.example.com"))
	constrained("wildcard at the domain", "a.example.org", broken, only("a.example.org"), "x y", dns("*.example.org"))
	constrained("one of two names outside", "a.example.org", broken, only("example.org"), "x y", dns("a.example.org", "a.example.com"))
	constrained("two domains", "a.example.com", "", only("example.org", "example.com"), "x y", dns("a.example.com"))
	constrained("excluded", "a.example.org", broken, not("example.org"), "x y", dns("a.example.org"))
	constrained("not excluded", "a.example.com", "", not("example.org"), "x y", dns("a.example.com"))
	constrained("excluded by CN", "a.example.org", broken, not("example.org"), "a.example.org")
	constrained("CN outside beside a SAN inside", "a.example.org", "", only("example.org"), "a.example.com", dns("a.example.org"))
	constrained("CN with wildcard", "a.example.org", "", only("example.org"), "*.example.org")
	constrained("CN with wildcard outside", "a.example.com", "", only("example.org"), "*.example.com")
	constrained("CN is one word", "localhost", broken, only("example.org"), "localhost")
	constrained("CN with a blank", "a.example.org", "", only("example.org"), "Example Server", dns("a.example.org"))
	onlyTen := func(c *x509.Certificate) {
		c.PermittedIPRanges, c.PermittedDNSDomainsCritical = []*net.IPNet{ten}, true
	}
	constrained("address inside", "10.1.2.3", "", onlyTen, "x y", ips("10.1.2.3"))
	constrained("address outside", "11.1.2.3", broken, onlyTen, "x y", ips("11.1.2.3"))
	constrained("IPv6 beside a range of IPv4", "2001:db8::1", broken, onlyTen, "x y", ips("2001:db8::1"))
	constrained("address of another kind than the rule", "11.1.2.3", "", only("example.org"), "x y", ips("11.1.2.3"))
	constrained("DNS name of another kind than the rule", "a.example.org", "", onlyTen, "x y", dns("a.example.org"))
	constrained("mail address outside", "a.example.org", broken, func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"), email("a@example.com"))
	constrained("mail address inside", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"), email("a@example.org"))
	constrained("rule for mail, none in the certificate", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"))
	constrained("rule for URIs, none in the certificate", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedURIDomains = []string{"example.org"}
	}, "x y", dns("a.example.org"))
	onlyMail := func(rules ...string) edit {
		return func(c *x509.Certificate) { c.PermittedEmailAddresses = rules }
	}
	mailSubject := subject(pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: oidMailAddress, Value: "a@example.com"}, {Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "localhost"},
	}})
	constrained("mail address in the subject outside", "localhost", broken, onlyMail("example.org"), "", mailSubject)
	constrained("mail address in the subject inside", "localhost", "", onlyMail("example.com"), "", mailSubject)
	constrained("mail address in the subject beside a SAN", "localhost", "", onlyMail("example.org"), "", mailSubject, dns("localhost"))
	constrained("mailbox", "localhost", "", onlyMail("a@example.com"), "", mailSubject)
	constrained("another mailbox", "localhost", broken, onlyMail("b@example.com"), "", mailSubject)
	constrained("mail below a domain", "localhost", broken, onlyMail(".example.com"), "", mailSubject)
	constrained("mail at a host below a domain", "localhost", "", onlyMail(".com"), "", mailSubject)
	uris := func(u ...string) edit {
		return func(c *x509.Certificate) {
			for _, s := range u {
				parsed, err := url.Parse(s)
				m.check(err)
				c.URIs = append(c.URIs, parsed)
			}
		}
	}
	onlyURI := func(rules ...string) edit {
		return func(c *x509.Certificate) { c.PermittedURIDomains = rules }
	}
	constrained("URI at the host", "localhost", "", onlyURI("example.org"), "localhost", uris("https://Example.org:8443/a"))
	constrained("URI below the host", "localhost", broken, onlyURI("example.org"), "localhost", uris("https://a.example.org"))
	constrained("URI below the domain", "localhost", "", onlyURI(".example.org"), "localhost", uris("https://a.example.org"))
	constrained("URI at the domain", "localhost", broken, onlyURI(".example.org"), "localhost", uris("https://example.org"))
	constrained("URI with an address", "localhost", broken, onlyURI("example.org"), "localhost", uris("https://10.1.2.3"))
	constrained("IPv6 inside", "2001:db8::1", "", func(c *x509.Certificate) {
		_, n, err := net.ParseCIDR("2001:db8::/32")
		m.check(err)
		c.PermittedIPRanges = []*net.IPNet{n}
	}, "x y", ips("2001:db8::1"))
	constrained("short address as CN", "localhost", broken, onlyTen, "11.1", dns("localhost"))
	constrained("address as CN", "localhost", broken, onlyTen, "11.1.2.3", dns("localhost"))
	registered := extra(false, oidSubjectAltName, 0x30, 16, 0x88, 3, 0x2a, 3, 4, 0x82, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't')
	constrained("a registered ID that no rule speaks of", "localhost", broken, only("example.org"), "x y", registered)
	constrained("a registered ID beside a rule that is kept", "localhost", "", only("localhost"), "x y", registered)
	directory := func(tag byte, rdn pkix.Name) edit {
		name, err := asn1.Marshal(rdn.ToRDNSequence())
		m.check(err)
		wrap := func(tag byte, b []byte) []byte { return append([]byte{tag, byte(len(b))}, b...) }
		return extra(true, oidNameConstraints, wrap(0x30, wrap(tag, wrap(0x30, wrap(0xa4, name))))...)
	}
	inExample := subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example"}})
	constrained("directory name inside", "localhost", "", directory(0xa0, pkix.Name{Organization: []string{"Example"}}), "", inExample)
	constrained("directory name in other letters", "localhost", "", directory(0xa0, pkix.Name{Organization: []string{"EXAMPLE"}}), "", inExample)
	constrained("directory name outside", "localhost", broken, directory(0xa0, pkix.Name{Organization: []string{"Other"}}), "", inExample)
	constrained("directory name excluded", "localhost", broken, directory(0xa1, pkix.Name{Organization: []string{"Example"}}), "", inExample)
	constrained("directory name not excluded", "localhost", "", directory(0xa1, pkix.Name{Organization: []string{"Other"}}), "", inExample)
	outer := m.ca(root, "outer", only("example.org"))
	inner := &authority{m.issue("inner", m.ec.Public(), outer, nil, caExtensions), m.ec}
	add("names of a CA: kept by the CA above only", certs{root.cert}, "a.example.com", certs{m.leaf(inner, "x y", dns("a.example.com")), inner.cert, outer.cert}, broken)
	add("names of a CA: broken by the CA's own CN", certs{root.cert}, "a.example.org", certs{m.leaf(inner, "x y", dns("a.example.org")), inner.cert, outer.cert}, broken)

	// Policies.
	explicit := extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 0)
	policed := func(name, want string, ca []edit, edits ...edit) {
		sub := m.ca(root, "sub", ca...)
		add("policy: "+name, certs{root.cert}, "localhost", certs{m.leaf(sub, "localhost", edits...), sub.cert}, want)
	}
	noPolicy := wantValidation + "non-null policy tree required and policy tree is null"
	policed("of the server only", "", nil, policies(1))
	policed("another than the CA's", "", []edit{policies(2)}, policies(1))
	policed("demanded and there", "", []edit{policies(1), explicit}, policies(1))
	policed("demanded and missing", noPolicy, []edit{policies(1), explicit})
	policed("demanded and another", noPolicy, []edit{policies(2), explicit}, policies(1))
	policed("demanded, any of the CA", "", []edit{policies(0), explicit}, policies(1))
	policed("demanded, any of the server", "", []edit{policies(1), explicit}, policies(0))
	policed("demanded, none of the CA", noPolicy, []edit{explicit}, policies(1))
	policed("demanded from the second on, and missing", noPolicy, []edit{policies(1), extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 1)})
	policed("demanded from the third on, and missing", "", []edit{policies(1), extra(true, oidPolicyConstraints, 0x30, 3, 0x80, 1, 2)})
	policed("demanded, any inhibited", noPolicy, []edit{policies(1), explicit, extra(true, oidInhibitAnyPolicy, 2, 1, 0)}, policies(0))
	policed("demanded and mapped", "", []edit{policies(1), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6, 3, 0x2a, 3, 2)}, policies(2))
	policed("mapping inhibited", "", []edit{extra(true, oidPolicyConstraints, 0x30, 3, 0x81, 1, 0)})
	policed("mapped from any", wantValidation+"encountered an issuerDomainPolicy of ANY_POLICY", []edit{policies(1), extra(false, oidPolicyMappings, 0x30, 13, 0x30, 11, 6, 4, 0x55, 0x1d, 0x20, 0, 6, 3, 0x2a, 3, 2)})
	policed("mapped from another that is any", "", []edit{policies(0), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6, 3, 0x2a, 3, 2)}, policies(2))
	policed("mapped away", noPolicy, []edit{policies(1), explicit, extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6, 3, 0x2a, 3, 2)}, policies(1))
	qualified := []byte{0x30, 23, 0x30, 21, 6, 3, 0x2a, 3, 1, 0x30, 14, 0x30, 12, 6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 2, 0x30, 0}
	policed("with a qualifier", "", nil, extra(false, oidPolicies, qualified...))
	policed("with a critical qualifier", wantValidation+"critical policy qualifiers present in certificate", []edit{policies(1)}, extra(true, oidPolicies, qualified...))
	policed("with a critical qualifier where none is valid any more", "", nil, extra(true, oidPolicies, qualified...))
	above := m.ca(root, "above", policies(1), extra(true, oidPolicyConstraints, 0x30, 6, 0x80, 1, 0, 0x81, 1, 0))
	mapping := &authority{m.issue("mapping", m.ec.Public(), above, nil, caExtensions, policies(1), extra(false, oidPolicyMappings, 0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 1, 6, 3, 0x2a, 3, 2)), m.ec}
	add("policy: mapped where that is inhibited above", certs{root.cert}, "localhost", certs{m.leaf(mapping, "localhost", policies(2)), mapping.cert, above.cert}, noPolicy)
	add("policy: demanded by the anchor", certs{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, explicit)}, "localhost", certs{m.leaf(root, "localhost")}, "")
	add("policy: demanded by the server", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", explicit)}, noPolicy)
	demanding := m.ca(root, "sub", policies(1), explicit)
	add("policy: demanded and missing, to be built", certs{root.cert}, "localhost", certs{m.leaf(demanding, "localhost"), own, demanding.cert}, wantNoPath)

	// Cross-signed and renewed authorities.
	old := &authority{m.issue("old root", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	cross := m.issue("root", m.rsa2.Public(), old, nil, caExtensions)
	add("cross-signed: the new root is trusted", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost"), cross}, "")
	add("cross-signed: the old root is trusted", certs{old.cert}, "localhost", certs{m.leaf(root, "localhost"), cross}, "")
	add("cross-signed: with the old root", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost"), cross, old.cert}, "")
	expiredCross := m.issue("root", m.rsa2.Public(), old, nil, caExtensions, expired)
	add("cross-signed: the cross certificate expired, new root trusted", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost"), expiredCross}, "")
	add("cross-signed: the cross certificate expired, both trusted", certs{old.cert, root.cert}, "localhost", certs{m.leaf(root, "localhost"), expiredCross, old.cert}, "")
	add("cross-signed: the cross certificate expired, old root trusted", certs{old.cert}, "localhost", certs{m.leaf(root, "localhost"), expiredCross}, wantValidation+"validity check failed")
	add("cross-signed: expired one beside a good one", certs{old.cert}, "localhost", certs{m.leaf(root, "localhost"), expiredCross, cross}, "")
	sub := m.ca(root, "sub")
	expiredSub := m.ca(root, "sub", expired)
	add("renewed: the intermediate, the expired one sent first", certs{root.cert}, "localhost", certs{m.leaf(sub, "localhost"), expiredSub.cert, sub.cert}, "")
	add("renewed: the intermediate, the expired one sent last", certs{root.cert}, "localhost", certs{m.leaf(sub, "localhost"), sub.cert, expiredSub.cert}, "")
	add("renewed: the intermediate, the expired one trusted", certs{expiredSub.cert}, "localhost", certs{m.leaf(sub, "localhost"), sub.cert, root.cert}, "")

	// What a server's own certificate may have.
	issued := func(name, want string, edits ...edit) {
		add(name, certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", edits...)}, want)
	}
	issued("usage: non-repudiation only", "KeyUsage does not allow digital signatures", usage(x509.KeyUsageContentCommitment))
	issued("usage: key agreement only", "KeyUsage does not allow digital signatures", usage(x509.KeyUsageKeyAgreement))
	issued("usage: code signing", "Extended key usage does not permit use for TLS server authentication", purpose(x509.ExtKeyUsageCodeSigning))
	issued("usage: path length of a server", "", notCAExtensions)
	issued("version 1", "")
	cases[len(cases)-1].chain = certs{m.v1(m.leaf(root, "localhost"), root)}
	add("SAN: URI beside the CN", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", func(c *x509.Certificate) {
		c.URIs = []*url.URL{{Scheme: "https", Host: "idc21.example.com"}}
	})}, "")
	add("host: final dot and wildcard", certs{root.cert}, "a.example.org.", certs{m.leaf(root, "x", dns("*.example.org"))}, "")
	add("host: address with a final dot", certs{root.cert}, "127.0.0.1.", certs{m.leaf(root, "x", ips("127.0.0.1"))}, "")
	add("host: one word and wildcard", certs{root.cert}, "localhost", certs{m.leaf(root, "x", dns("*"))}, "No subject alternative DNS name matching localhost found.")

	md5Sub := &authority{m.signedByRSA(m.ca(root, "sub").cert, root, md5RSA, crypto.MD5), m.ec}
	add("algorithm: MD5 of an intermediate", certs{root.cert}, "localhost", certs{m.leaf(md5Sub, "localhost"), md5Sub.cert}, wantValidation+"Algorithm constraints check failed on signature algorithm: MD5withRSA")
	cases[len(cases)-1].newer = wantValidation + "Algorithm constraints check failed on disabled algorithm: MD5 used with certificate: CN=sub"
	add("algorithm: SHA-1 of an intermediate", certs{root.cert}, "localhost", nil, "")
	sha1Sub := m.ca(root, "sub", signedWith(x509.SHA1WithRSA))
	cases[len(cases)-1].chain = certs{m.leaf(sha1Sub, "localhost"), sha1Sub.cert}
	weakSub := &authority{m.issue("sub", rsa512, root, nil, caExtensions), root.key}
	add("key: RSA 512 of an intermediate", certs{root.cert}, "localhost", certs{m.leaf(&authority{m.issue("sub", root.key.Public(), root, nil, caExtensions, func(c *x509.Certificate) { c.SubjectKeyId = weakSub.cert.SubjectKeyId }), root.key}, "localhost"), weakSub.cert}, wantValidation+"Algorithm constraints check failed on keysize limits: RSA 512 bit key used with certificate: CN=sub")
	return cases
}
