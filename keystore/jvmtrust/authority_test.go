package jvmtrust

import (
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

// The rest is what large certificate authorities do: names, policies and constraints of their own, cross-signing,
// renewal.

// constrained adds a certificate below an intermediate with name constraints.
func (m *matrix) constrained(name, host, want string, constrain edit, cn string, edits ...edit) {
	sub := m.ca(m.root, "sub", constrain)
	m.add("names of a CA: "+name, certs{m.root.cert}, host, certs{m.leaf(sub, cn, edits...), sub.cert}, want)
}

const broken = wantValidation + "name constraints check failed"

func only(domains ...string) edit {
	return func(c *x509.Certificate) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = domains, true
	}
}

func not(domains ...string) edit {
	return func(c *x509.Certificate) { c.ExcludedDNSDomains, c.PermittedDNSDomainsCritical = domains, true }
}

func onlyTen(c *x509.Certificate) {
	_, ten, _ := net.ParseCIDR("10.0.0.0/8")
	c.PermittedIPRanges, c.PermittedDNSDomainsCritical = []*net.IPNet{ten}, true
}

func onlyMail(rules ...string) edit {
	return func(c *x509.Certificate) { c.PermittedEmailAddresses = rules }
}

func (m *matrix) hostConstraints() {
	m.constrained("the domain itself", "example.org", "", only("example.org"), "x y", dns("example.org"))
	m.constrained("domain in other case", "a.EXAMPLE.org", "", only("Example.ORG"), "x y", dns("a.EXAMPLE.org"))
	m.constrained("longer word", "a.badexample.org", broken, only("example.org"), "x y", dns("a.badexample.org"))
	m.constrained("leading dot", "a.example.org", broken, only(".example.org"), "x y", dns("a.example.org"))
	m.accepted17()
	m.constrained("leading dot, the domain itself", "example.org", broken, only(".example.org"), "x y",
		dns("example.org"))
	m.constrained("wildcard inside", "a.example.org", "", only("example.org"), "x y", dns("*.example.org"))
	m.constrained("wildcard outside", "a.example.com", broken, only("example.org"), "x y", dns("*.example.com"))
	m.constrained("wildcard at the domain", "a.example.org", broken, only("a.example.org"), "x y",
		dns("*.example.org"))
	m.constrained("one of two names outside", "a.example.org", broken, only("example.org"), "x y",
		dns("a.example.org", "a.example.com"))
	m.constrained("two domains", "a.example.com", "", only("example.org", "example.com"), "x y",
		dns("a.example.com"))
	m.constrained("excluded", "a.example.org", broken, not("example.org"), "x y", dns("a.example.org"))
	m.constrained("not excluded", "a.example.com", "", not("example.org"), "x y", dns("a.example.com"))
	m.constrained("excluded by CN", "a.example.org", broken, not("example.org"), "a.example.org")
	m.constrained("CN outside beside a SAN inside", "a.example.org", "", only("example.org"), "a.example.com",
		dns("a.example.org"))
	m.constrained("CN with wildcard", "a.example.org", "", only("example.org"), "*.example.org")
	m.constrained("CN with wildcard outside", "a.example.com", "", only("example.org"), "*.example.com")
	m.constrained("CN is one word", "localhost", broken, only("example.org"), "localhost")
	m.constrained("CN with a blank", "a.example.org", "", only("example.org"), "Example Server",
		dns("a.example.org"))
}

func (m *matrix) addressAndMailConstraints() {
	m.constrained("address inside", "10.1.2.3", "", onlyTen, "x y", ips("10.1.2.3"))
	m.constrained("address outside", "11.1.2.3", broken, onlyTen, "x y", ips("11.1.2.3"))
	m.constrained("IPv6 beside a range of IPv4", "2001:db8::1", broken, onlyTen, "x y", ips("2001:db8::1"))
	m.constrained("address of another kind than the rule", "11.1.2.3", "", only("example.org"), "x y",
		ips("11.1.2.3"))
	m.constrained("DNS name of another kind than the rule", "a.example.org", "", onlyTen, "x y",
		dns("a.example.org"))
	m.constrained("mail address outside", "a.example.org", broken, func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"), email("a@example.com"))
	m.constrained("mail address inside", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"), email("a@example.org"))
	m.constrained("rule for mail, none in the certificate", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{"example.org"}
	}, "x y", dns("a.example.org"))
	m.constrained("rule for URIs, none in the certificate", "a.example.org", "", func(c *x509.Certificate) {
		c.PermittedURIDomains = []string{"example.org"}
	}, "x y", dns("a.example.org"))
	mailSubject := subject(pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@example.com"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "localhost"},
	}})
	m.constrained("mail address in the subject outside", "localhost", broken, onlyMail("example.org"), "",
		mailSubject)
	m.constrained("mail address in the subject inside", "localhost", "", onlyMail("example.com"), "", mailSubject)
	m.constrained("mail address in the subject beside a SAN", "localhost", "", onlyMail("example.org"), "",
		mailSubject, dns("localhost"))
	m.constrained("mailbox", "localhost", "", onlyMail("a@example.com"), "", mailSubject)
	m.constrained("another mailbox", "localhost", broken, onlyMail("b@example.com"), "", mailSubject)
	m.constrained("mail below a domain", "localhost", broken, onlyMail(".example.com"), "", mailSubject)
	m.constrained("mail at a host below a domain", "localhost", "", onlyMail(".com"), "", mailSubject)
}

// uriConstraints, and names of other kinds.
func (m *matrix) uriConstraints() {
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
	m.constrained("URI at the host", "localhost", "", onlyURI("example.org"), "localhost",
		uris("https://Example.org:8443/a"))
	m.constrained("URI below the host", "localhost", broken, onlyURI("example.org"), "localhost",
		uris("https://a.example.org"))
	m.constrained("URI below the domain", "localhost", "", onlyURI(".example.org"), "localhost",
		uris("https://a.example.org"))
	m.constrained("URI at the domain", "localhost", broken, onlyURI(".example.org"), "localhost",
		uris("https://example.org"))
	m.constrained("URI with an address", "localhost", broken, onlyURI("example.org"), "localhost",
		uris("https://10.1.2.3"))
	m.constrained("IPv6 inside", "2001:db8::1", "", func(c *x509.Certificate) {
		_, n, err := net.ParseCIDR("2001:db8::/32")
		m.check(err)
		c.PermittedIPRanges = []*net.IPNet{n}
	}, "x y", ips("2001:db8::1"))
	m.constrained("short address as CN", "localhost", broken, onlyTen, "11.1", dns("localhost"))
	m.constrained("address as CN", "localhost", broken, onlyTen, "11.1.2.3", dns("localhost"))
	registered := extra(false, oidSubjectAltName, 0x30, 16, 0x88, 3, 0x2a, 3, 4, 0x82, 9, 'l', 'o', 'c', 'a', 'l',
		'h', 'o', 's', 't')
	m.constrained("a registered ID that no rule speaks of", "localhost", broken, only("example.org"), "x y",
		registered)
	m.constrained("a registered ID beside a rule that is kept", "localhost", "", only("localhost"), "x y",
		registered)
}

func (m *matrix) directoryConstraints() {
	directory := func(tag byte, rdn pkix.Name) edit {
		name, err := asn1.Marshal(rdn.ToRDNSequence())
		m.check(err)
		wrap := func(tag byte, b []byte) []byte { return append([]byte{tag, byte(len(b))}, b...) }
		return extra(true, oidNameConstraints, wrap(0x30, wrap(tag, wrap(0x30, wrap(0xa4, name))))...)
	}
	inExample := subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example"}})
	m.constrained("directory name inside", "localhost", "",
		directory(0xa0, pkix.Name{Organization: []string{"Example"}}), "", inExample)
	m.constrained("directory name in other letters", "localhost", "",
		directory(0xa0, pkix.Name{Organization: []string{"EXAMPLE"}}), "", inExample)
	m.constrained("directory name outside", "localhost", broken,
		directory(0xa0, pkix.Name{Organization: []string{"Other"}}), "", inExample)
	m.constrained("directory name excluded", "localhost", broken,
		directory(0xa1, pkix.Name{Organization: []string{"Example"}}), "", inExample)
	m.constrained("directory name not excluded", "localhost", "",
		directory(0xa1, pkix.Name{Organization: []string{"Other"}}), "", inExample)
	outer := m.ca(m.root, "outer", only("example.org"))
	inner := &authority{m.issue("inner", m.ec.Public(), outer, nil, caExtensions), m.ec}
	m.add("names of a CA: kept by the CA above only", certs{m.root.cert}, "a.example.com",
		certs{m.leaf(inner, "x y", dns("a.example.com")), inner.cert, outer.cert}, broken)
	m.add("names of a CA: broken by the CA's own CN", certs{m.root.cert}, "a.example.org",
		certs{m.leaf(inner, "x y", dns("a.example.org")), inner.cert, outer.cert}, broken)
}
