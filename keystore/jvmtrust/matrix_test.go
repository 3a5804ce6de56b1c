package jvmtrust

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
)

type trustCase struct {
	name    string
	anchors []*x509.Certificate
	keys    []*x509.Certificate // chain of a private key entry of the truststore; the key is mint.rsa
	host    string
	chain   []*x509.Certificate
	want    string // the message of Java 11 to 17, "" when they accept
	newer   string // that of later versions, where it differs
}

const (
	wantNoPath     = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"
	wantValidation = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
	wantNotCA      = `: sun.security.validator.ValidatorException: TrustAnchor with subject "CN=root" is not a CA certificate`
)

type certs = []*x509.Certificate

type caseList []trustCase

func (l *caseList) add(name string, anchors certs, host string, chain certs, want string) {
	*l = append(*l, trustCase{name: name, anchors: anchors, host: host, chain: chain, want: want})
}

// rsa512 is a key that nobody has, too short for Java.
var rsa512 = &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(569)), E: 65537}

func trustCases(m *mint) []trustCase {
	var cases caseList
	add := cases.add
	root := m.ca(nil, "root")
	sub := m.ca(root, "sub")
	own := m.self("localhost")

	// Names. Each certificate is trusted as it is, so that only its names decide.
	named := func(name, host, want string, cn string, edits ...edit) {
		c := m.self(cn, edits...)
		add("name: "+name, certs{c}, host, certs{c}, want)
	}
	named("CN", "localhost", "", "localhost")
	named("CN in other case", "LocalHost", "", "LOCALHOST")
	named("other CN", "idc21.example.com", "No name matching idc21.example.com found", "localhost")
	named("host with a final dot", "idc21.example.com.", "", "idc21.example.com")
	named("CN with a final dot", "idc21.example.com", "No name matching idc21.example.com found", "idc21.example.com.")
	named("address, CN only", "127.0.0.1", "No subject alternative names present", "127.0.0.1")
	named("address, DNS name only", "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 found", "127.0.0.1", dns("127.0.0.1"))
	named("address in SAN", "127.0.0.1", "", "x", ips("127.0.0.1"))
	named("other address in SAN", "127.0.0.2", "No subject alternative names matching IP address 127.0.0.2 found", "x", ips("127.0.0.1"))
	named("IPv6", "2001:db8::1", "", "x", ips("2001:db8::1"))
	named("IPv6, long form", "2001:0db8:0:0:0:0:0:1", "", "x", ips("2001:db8::1"))
	named("IPv6 in brackets", "[2001:db8::1]", "", "x", ips("2001:db8::1"))
	named("IPv6 in brackets, other", "[2001:db8::2]", "No subject alternative names matching IP address 2001:db8::2 found", "x", ips("2001:db8::1"))
	named("IPv4 in IPv6", "::ffff:127.0.0.1", "", "x", ips("127.0.0.1"))
	named("short address", "127.1", "", "x", ips("127.0.0.1"))
	named("short address, CN only", "127.1", "No subject alternative names present", "127.1")
	named("number too large for an address", "1.2.3.256", "", "1.2.3.256")
	named("SAN", "idc21.example.com", "", "other", dns("idc21.example.com"))
	named("second name of SAN", "idc21.example.com", "", "other", dns("a.example.com", "idc21.example.com"))
	named("SAN in other case", "idc21.EXAMPLE.com", "", "other", dns("IDC21.example.com"))
	named("CN beside a SAN with DNS name", "localhost", "No subject alternative DNS name matching localhost found.", "localhost", dns("idc21.example.com"))
	named("CN beside a SAN with address", "localhost", "", "localhost", ips("127.0.0.1"))
	named("CN beside a SAN with mail address", "localhost", "", "localhost", email("a@example.com"))
	named("other CN beside a SAN with address", "b", "No name matching b found", "localhost", ips("127.0.0.1"))
	named("address, SAN with mail address", "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 found", "x", email("a@example.com"))
	named("address as DNS name in SAN", "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 found", "x", dns("127.0.0.1"))
	named("no names at all", "localhost", "No name matching localhost found", "", subject(pkix.Name{Organization: []string{"Example"}}))
	add("name: empty subject", certs{root.cert}, "localhost", certs{m.leaf(root, "", dns("localhost"))}, "")
	named("two CNs, last", "b.example.com", "", "", commonNames("a.example.com", "b.example.com"))
	named("two CNs, first", "a.example.com", "No name matching a.example.com found", "", commonNames("a.example.com", "b.example.com"))
	named("CN is no host name", "localhost", "No name matching localhost found", "Example Inc.")
	named("CN before O", "localhost", "", "", subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example"}, Country: []string{"US"}}))
	named("CN in T61", "localhost", "", "", rawSubject(20, "localhost"))
	named("CN in IA5", "localhost", "", "", rawSubject(22, "localhost"))
	named("CN in BMP", "ab", "", "", rawSubject(30, "\x00a\x00b"))
	named("host with underscore", "idc_21", "Illegal given domain name: idc_21", "idc_21")
	named("host with underscore in SAN", "idc_21.example.com", "Illegal given domain name: idc_21.example.com", "x", dns("idc_21.example.com"))
	named("CN beside a SAN with underscore", "idc21.example.com", "No subject alternative DNS name matching idc21.example.com found.", "idc21.example.com", dns("idc_21.example.com"))
	named("SAN with and without underscore", "idc21.example.com", "", "x", dns("idc21.example.com", "idc_21"))
	named("SAN with final dot", "idc21.example.com", "No subject alternative DNS name matching idc21.example.com found.", "x", dns("idc21.example.com."))
	named("host begins with hyphen", "-a.example.com", "Illegal given domain name: -a.example.com", "-a.example.com")
	named("label of 64", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com", "Illegal given domain name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com", "x")
	named("empty label", "a..example.com", "Illegal given domain name: a..example.com", "x")

	named("wildcard", "idc21.example.com", "", "x", dns("*.example.com"))
	named("wildcard in CN", "idc21.example.com", "", "*.example.com")
	named("wildcard, the domain itself", "example.com", "No subject alternative DNS name matching example.com found.", "x", dns("*.example.com"))
	named("wildcard, two labels", "a.b.example.com", "No subject alternative DNS name matching a.b.example.com found.", "x", dns("*.example.com"))
	named("wildcard of a top-level domain", "example.com", "", "x", dns("*.com"))
	named("wildcard of a top-level domain in CN", "example.com", "", "*.com")
	named("wildcard alone", "localhost", "No name matching localhost found", "*")
	named("wildcard without dot", "localhost", "No name matching localhost found", "local*")
	named("wildcard before hyphenated end", "idc21.example.com", "", "idc*.example.com")
	named("wildcard in the middle", "idc21.example.com", "", "i*1.example.com")
	named("two wildcards in a label", "idc21.example.com", "", "i*2*.example.com")
	named("partial wildcard, other", "idc21.example.com", "No name matching idc21.example.com found", "x*.example.com")
	named("partial wildcard in SAN", "idc21.example.com", "", "x", dns("idc*.example.com"))
	named("wildcard in the second label", "a.b.example.com", "", "a.*.example.com")
	cases[len(cases)-1].newer = "No name matching a.b.example.com found"
	named("wildcards in both labels", "a.b.example.com", "", "*.*.example.com")
	cases[len(cases)-1].newer = "No name matching a.b.example.com found"
	named("wildcard for an address", "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 found", "x", dns("*.0.0.1"))
	named("Punycode host, Unicode CN", "xn--bcher-kva.example.com", "", "bücher.example.com")
	named("Unicode host, Punycode SAN", "bücher.example.com", "", "x", dns("xn--bcher-kva.example.com"))
	named("Unicode host, Unicode CN", "BÜCHER.example.com", "", "bücher.example.com")
	named("Punycode both", "xn--bcher-kva.example.com", "", "x", dns("xn--bcher-kva.example.com"))

	// Anchors.
	add("anchor: none", nil, "localhost", certs{own}, "Unexpected error: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty")
	add("anchor: another name", certs{m.self("elsewhere")}, "localhost", certs{own}, wantNoPath)
	add("anchor: same name, other key", certs{m.issue("localhost", m.rsa2.Public(), nil, m.rsa2)}, "localhost", certs{own}, wantValidation+"signature check failed")
	add("anchor: same name, other kind of key", certs{m.issue("localhost", m.ec.Public(), nil, m.ec)}, "localhost", certs{own}, wantValidation+"signature check failed")
	renewed := m.self("localhost")
	add("anchor: renewed with the same key", certs{own}, "localhost", certs{renewed}, "PKIX path validation failed: sun.security.validator.ValidatorException: TrustAnchor with subject \"CN=localhost\" is not a CA certificate")
	add("anchor: root", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost")}, "")
	add("anchor: root in the chain too", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost"), root.cert}, "")
	add("anchor: root, other name", certs{root.cert}, "localhost", certs{m.leaf(root, "idc21")}, "No name matching localhost found")
	add("anchor: other root in the chain", certs{m.ca(nil, "other").cert}, "localhost", certs{m.leaf(root, "localhost"), root.cert}, wantNoPath)
	add("anchor: intermediate", certs{sub.cert}, "localhost", certs{m.leaf(sub, "localhost")}, "")
	add("anchor: intermediate, root unknown", certs{sub.cert}, "localhost", certs{m.leaf(sub, "localhost"), sub.cert, root.cert}, "")
	add("anchor: own certificate, chain in any order", certs{own}, "localhost", certs{own, root.cert, sub.cert}, "")
	add("anchor: own certificate of a CA's", certs{m.leaf(root, "other"), own}, "localhost", certs{own}, "")
	expiredRoot := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, expired), m.rsa2}
	add("anchor: expired root", certs{expiredRoot.cert}, "localhost", certs{m.leaf(expiredRoot, "localhost")}, "")
	add("anchor: expired root, in the chain too", certs{expiredRoot.cert}, "localhost", certs{m.leaf(expiredRoot, "localhost"), expiredRoot.cert}, "")
	add("anchor: expired root, path to be built", certs{expiredRoot.cert}, "localhost", certs{m.leaf(expiredRoot, "localhost"), own}, "")
	add("anchor: expired own certificate", certs{m.self("localhost", expired)}, "localhost", nil, "")
	cases[len(cases)-1].chain = cases[len(cases)-1].anchors
	add("anchor: future own certificate", certs{m.self("localhost", future)}, "localhost", nil, "")
	cases[len(cases)-1].chain = cases[len(cases)-1].anchors
	add("anchor: expired root, renewed one in the chain", certs{expiredRoot.cert}, "localhost", certs{m.leaf(root, "localhost"), root.cert}, "")
	noCA := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2), m.rsa2}
	add("anchor: no CA", certs{noCA.cert}, "localhost", certs{m.leaf(noCA, "localhost")}, "PKIX path validation failed"+wantNotCA)
	add("anchor: no CA, path to be built", certs{noCA.cert}, "localhost", certs{m.leaf(noCA, "localhost"), own}, "PKIX path building failed"+wantNotCA)
	falseCA := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, notCAExtensions), m.rsa2}
	add("anchor: CA false", certs{falseCA.cert}, "localhost", certs{m.leaf(falseCA, "localhost")}, "PKIX path validation failed"+wantNotCA)
	noSign := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, usage(x509.KeyUsageDigitalSignature)), m.rsa2}
	add("anchor: CA without keyCertSign", certs{noSign.cert}, "localhost", certs{m.leaf(noSign, "localhost")}, `PKIX path validation failed: sun.security.validator.ValidatorException: TrustAnchor with subject "CN=root" does not have keyCertSign bit set in KeyUsage extension`)
	v1 := &authority{m.v1(noCA.cert, noCA), m.rsa2}
	add("anchor: version 1", certs{v1.cert}, "localhost", certs{m.leaf(v1, "localhost")}, "")
	add("anchor: version 1, path to be built", certs{v1.cert}, "localhost", certs{m.leaf(v1, "localhost"), own}, "")
	narrow := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, maxPath(0)), m.rsa2}
	narrowSub := m.ca(narrow, "sub")
	add("anchor: path longer than it allows", certs{narrow.cert}, "localhost", certs{m.leaf(narrowSub, "localhost"), narrowSub.cert}, "")
	add("anchor: path longer than it allows, to be built", certs{narrow.cert}, "localhost", certs{m.leaf(narrowSub, "localhost"), own, narrowSub.cert}, "")
	limited := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example.org"} }), m.rsa2}
	add("anchor: its name constraints", certs{limited.cert}, "idc21.example.com", certs{m.leaf(limited, "x", dns("idc21.example.com"))}, "")
	client := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, purpose(x509.ExtKeyUsageClientAuth)), m.rsa2}
	add("anchor: its extended usage", certs{client.cert}, "localhost", certs{m.leaf(client, "localhost")}, "")
	other := &authority{m.issue("ROOT", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	add("anchor: two of one name", certs{other.cert, root.cert}, "localhost", certs{m.leaf(root, "localhost")}, "")
	add("anchor: key identifiers differ", certs{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} })}, "localhost", certs{m.leaf(root, "localhost")}, wantValidation+"Path does not chain with any of the trust anchors")

	// A truststore holds the server's certificate as that of a private key.
	add("private key entry: its certificate", nil, "localhost", certs{own}, "")
	cases[len(cases)-1].keys = certs{own}
	signed := m.leaf(root, "localhost")
	add("private key entry: the second of its chain is no anchor", nil, "other", certs{m.issue("other", m.ec.Public(), root, nil)}, wantNoPath)
	cases[len(cases)-1].keys = certs{signed, root.cert}
	add("private key entry: the first of its chain is", nil, "localhost", certs{signed, root.cert}, "")
	cases[len(cases)-1].keys = certs{signed, root.cert}

	// Chains.
	leaf := m.leaf(sub, "localhost")
	add("chain: of two", certs{root.cert}, "localhost", certs{leaf, sub.cert}, "")
	add("chain: of three, with the root", certs{root.cert}, "localhost", certs{leaf, sub.cert, root.cert}, "")
	add("chain: intermediate missing", certs{root.cert}, "localhost", certs{leaf}, wantNoPath)
	add("chain: out of order", certs{root.cert}, "localhost", certs{leaf, root.cert, sub.cert}, "")
	add("chain: a foreign one at the end", certs{root.cert}, "localhost", certs{leaf, sub.cert, own}, "")
	add("chain: a foreign one between", certs{root.cert}, "localhost", certs{leaf, own, sub.cert}, "")
	add("chain: leaf twice", certs{root.cert}, "localhost", certs{leaf, leaf, sub.cert}, "")
	forged := &authority{m.issue("sub", m.rsa.Public(), nil, m.rsa, caExtensions), m.rsa}
	add("chain: forged by a namesake", certs{root.cert}, "localhost", certs{m.issue("localhost", m.ec.Public(), forged, nil), sub.cert}, wantValidation+"signature check failed")
	add("chain: forged by a namesake, to be built", certs{root.cert}, "localhost", certs{m.issue("localhost", m.ec.Public(), forged, nil), own, sub.cert}, wantNoPath)
	noCASub := &authority{m.issue("sub", m.ec.Public(), root, nil), m.ec}
	add("chain: intermediate is no CA", certs{root.cert}, "localhost", certs{m.leaf(noCASub, "localhost"), noCASub.cert}, wantValidation+"basic constraints check failed: this is not a CA certificate")
	add("chain: intermediate is no CA, to be built", certs{root.cert}, "localhost", certs{m.leaf(noCASub, "localhost"), own, noCASub.cert}, wantNoPath)
	noSignSub := m.ca(root, "sub", usage(x509.KeyUsageDigitalSignature))
	add("chain: intermediate may not sign", certs{root.cert}, "localhost", certs{m.leaf(noSignSub, "localhost"), noSignSub.cert}, wantValidation+"CA key usage check failed: keyCertSign bit is not set")
	short := m.ca(root, "short", maxPath(0))
	below := m.ca(short, "below")
	add("chain: too long for an intermediate", certs{root.cert}, "localhost", certs{m.leaf(below, "localhost"), below.cert, short.cert}, wantValidation+"basic constraints check failed: pathLenConstraint violated - this cert must be the last cert in the certification path")
	add("chain: just long enough", certs{root.cert}, "localhost", certs{m.leaf(short, "localhost"), short.cert}, "")
	expiredSub := m.ca(root, "sub", expired)
	add("chain: intermediate expired", certs{root.cert}, "localhost", certs{m.leaf(expiredSub, "localhost"), expiredSub.cert}, wantValidation+"validity check failed")
	clientSub := m.ca(root, "sub", purpose(x509.ExtKeyUsageClientAuth))
	add("chain: intermediate for clients only", certs{root.cert}, "localhost", certs{m.leaf(clientSub, "localhost"), clientSub.cert}, "")
	deep, chain := root, certs{}
	for _, n := range []string{"d1", "d2", "d3", "d4", "d5", "d6"} {
		deep = m.ca(deep, n)
		chain = append(certs{deep.cert}, chain...)
		if n == "d5" {
			l := m.leaf(deep, "localhost")
			add("chain: five intermediates, to be built", certs{root.cert}, "localhost", append(certs{l, own}, chain...), "")
		}
	}
	deepLeaf := m.leaf(deep, "localhost")
	add("chain: six intermediates", certs{root.cert}, "localhost", append(certs{deepLeaf}, chain...), "")
	add("chain: six intermediates, to be built", certs{root.cert}, "localhost", append(certs{deepLeaf, own}, chain...), wantNoPath)
	limitedSub := m.ca(root, "sub", func(c *x509.Certificate) {
		c.PermittedDNSDomains = []string{"example.org"}
		c.PermittedDNSDomainsCritical = true
		_, n, _ := net.ParseCIDR("10.0.0.0/8")
		c.ExcludedIPRanges = []*net.IPNet{n}
	})
	add("chain: name constraint kept", certs{root.cert}, "idc21.example.org", certs{m.leaf(limitedSub, "x y", dns("idc21.example.org")), limitedSub.cert}, "")
	add("chain: name constraint broken", certs{root.cert}, "idc21.example.com", certs{m.leaf(limitedSub, "x y", dns("idc21.example.com")), limitedSub.cert}, wantValidation+"name constraints check failed")
	add("chain: name constraint broken by CN", certs{root.cert}, "idc21.example.com", certs{m.leaf(limitedSub, "idc21.example.com"), limitedSub.cert}, wantValidation+"name constraints check failed")
	add("chain: name constraint kept by CN", certs{root.cert}, "idc21.example.org", certs{m.leaf(limitedSub, "idc21.example.org"), limitedSub.cert}, "")
	add("chain: address excluded", certs{root.cert}, "10.1.2.3", certs{m.leaf(limitedSub, "x y", ips("10.1.2.3")), limitedSub.cert}, wantValidation+"name constraints check failed")
	utf8Root := &authority{m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(12, "my  Root ")), m.rsa2}
	printable := *utf8Root
	printable.cert = m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(19, "My Root"))
	add("chain: issuer's name in other letters", certs{printable.cert}, "localhost", certs{m.leaf(utf8Root, "localhost")}, "")
	ia5 := *utf8Root
	ia5.cert = m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(22, "My Root"))
	add("chain: issuer's name in another type", certs{ia5.cert}, "localhost", certs{m.leaf(utf8Root, "localhost")}, wantNoPath)

	// Dates, usage and extensions of the server's own.
	issued := func(name, want string, edits ...edit) {
		add(name, certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", edits...)}, want)
	}
	issued("date: expired", wantValidation+"validity check failed", expired)
	issued("date: in the future", wantValidation+"validity check failed", future)
	add("date: expired, to be built", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", expired), own}, wantNoPath)
	add("date: expired, unknown issuer", certs{m.self("elsewhere")}, "localhost", certs{m.leaf(root, "localhost", expired)}, wantNoPath)
	issued("usage: digital signature", "", usage(x509.KeyUsageDigitalSignature))
	issued("usage: key encipherment only", "KeyUsage does not allow digital signatures", usage(x509.KeyUsageKeyEncipherment))
	issued("usage: none", wantValidation+"incorrect KeyUsage extension bits", extra(true, oidKeyUsage, 3, 2, 7, 0))
	issued("usage: server", "", purpose(x509.ExtKeyUsageServerAuth))
	issued("usage: client", "Extended key usage does not permit use for TLS server authentication", purpose(x509.ExtKeyUsageClientAuth))
	issued("usage: client and server", "", purpose(x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth))
	issued("usage: any", "", purpose(x509.ExtKeyUsageAny))
	issued("usage: server gated by Microsoft", "", purpose(x509.ExtKeyUsageMicrosoftServerGatedCrypto))
	issued("usage: server gated by Netscape", "", purpose(x509.ExtKeyUsageNetscapeServerGatedCrypto))
	issued("usage: CA as server", "KeyUsage does not allow digital signatures", caExtensions)
	issued("usage: Netscape server", "", extra(false, oidNetscapeType, 3, 2, 6, 0x40))
	issued("usage: Netscape client", "Netscape cert type does not permit use for SSL server", extra(false, oidNetscapeType, 3, 2, 7, 0x80))
	issued("extension: unknown", "", extra(false, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))
	issued("extension: unknown and critical", wantValidation+"unrecognized critical extension(s)", extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))
	add("extension: unknown and critical, to be built", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost", extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0)), own}, wantNoPath)
	asItIs := func(name string, edits ...edit) {
		c := m.self("localhost", edits...)
		add(name+", trusted as it is", certs{c}, "localhost", certs{c}, "")
	}
	asItIs("usage: key encipherment only", usage(x509.KeyUsageKeyEncipherment))
	asItIs("usage: client", purpose(x509.ExtKeyUsageClientAuth))
	asItIs("extension: unknown and critical", extra(true, asn1.ObjectIdentifier{1, 2, 3, 4}, 5, 0))

	// Algorithms and sizes of keys.
	issued("algorithm: SHA-1", "", signedWith(x509.SHA1WithRSA))
	asItIs("algorithm: SHA-1", signedWith(x509.SHA1WithRSA))
	issued("algorithm: SHA-384", "", signedWith(x509.SHA384WithRSA))
	issued("algorithm: SHA-512", "", signedWith(x509.SHA512WithRSA))
	issued("algorithm: PSS", "", signedWith(x509.SHA256WithRSAPSS))
	md5Leaf := m.signedByRSA(m.leaf(root, "localhost"), root, md5RSA, crypto.MD5)
	add("algorithm: MD5", certs{root.cert}, "localhost", certs{md5Leaf}, wantValidation+"Algorithm constraints check failed on signature algorithm: MD5withRSA")
	cases[len(cases)-1].newer = wantValidation + "Algorithm constraints check failed on disabled algorithm: MD5 used with certificate: CN=localhost"
	add("algorithm: MD5, to be built", certs{root.cert}, "localhost", certs{md5Leaf, own}, wantNoPath)
	add("algorithm: MD5, trusted as it is", certs{md5Leaf}, "localhost", certs{md5Leaf}, "")
	md5Root := &authority{m.signedByRSA(root.cert, root, md5RSA, crypto.MD5), m.rsa2}
	add("algorithm: MD5 of the root", certs{md5Root.cert}, "localhost", certs{m.leaf(md5Root, "localhost")}, "")
	add("algorithm: MD5 of the root in the chain", certs{root.cert}, "localhost", certs{m.leaf(root, "localhost"), md5Root.cert}, "")
	weakLeaf := m.issue("localhost", rsa512, root, nil, subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example, Inc."}}))
	add("key: RSA 512", certs{root.cert}, "localhost", certs{weakLeaf}, wantValidation+`Algorithm constraints check failed on keysize limits: RSA 512 bit key used with certificate: CN=localhost, O="Example, Inc."`)
	add("key: RSA 512, trusted as it is", certs{weakLeaf}, "localhost", certs{weakLeaf}, "")
	keyID := func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} }
	weakRoot := &authority{m.issue("weak", rsa512, root, nil, caExtensions, keyID), root.key}
	add("key: RSA 512 of the anchor", certs{weakRoot.cert}, "localhost", certs{m.leaf(&authority{m.issue("weak", root.key.Public(), root, nil, caExtensions, keyID), root.key}, "localhost")}, wantValidation+"Algorithm constraints check failed on signature algorithm: SHA256withRSA")
	cases[len(cases)-1].newer = wantValidation + "Algorithm constraints check failed on keysize limits: RSA 512 bit key."
	small := m.rsaKey(1024)
	add("key: RSA 1024", certs{root.cert}, "localhost", certs{m.issue("localhost", small.Public(), root, nil)}, "")
	smallRoot := &authority{m.issue("root", small.Public(), nil, small, caExtensions), small}
	add("key: RSA 1024 of the root", certs{smallRoot.cert}, "localhost", certs{m.leaf(smallRoot, "localhost")}, "")
	add("key: EC", certs{root.cert}, "localhost", certs{m.issue("localhost", m.ec.Public(), root, nil)}, "")
	add("key: EC P-521", certs{root.cert}, "localhost", certs{m.issue("localhost", m.ecKey(elliptic.P521()).Public(), root, nil)}, "")
	add("key: EC P-224", certs{root.cert}, "localhost", certs{m.issue("localhost", m.ecKey(elliptic.P224()).Public(), root, nil)}, "")
	ecRoot := &authority{m.issue("root", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	add("algorithm: ECDSA", certs{ecRoot.cert}, "localhost", certs{m.leaf(ecRoot, "localhost")}, "")
	add("algorithm: ECDSA with SHA-1", certs{ecRoot.cert}, "localhost", certs{m.leaf(ecRoot, "localhost", signedWith(x509.ECDSAWithSHA1))}, "")
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	m.check(err)
	edRoot := &authority{m.issue("root", edPublic, nil, edPrivate, caExtensions), edPrivate}
	add("algorithm: Ed25519", certs{edRoot.cert}, "localhost", certs{m.leaf(edRoot, "localhost")}, "")

	newer := func(message string) {
		cases[len(cases)-1].newer = wantValidation + "Algorithm constraints check failed on " + message
	}
	add("algorithm: MD2", certs{root.cert}, "localhost", certs{m.signedByRSA(m.leaf(root, "localhost"), root, md2RSA, crypto.MD5)}, wantValidation+"Algorithm constraints check failed on signature algorithm: MD2withRSA")
	newer("disabled algorithm: MD2 used with certificate: CN=localhost")
	add("algorithm: SHA-224", certs{root.cert}, "localhost", certs{m.signedByRSA(m.leaf(root, "localhost"), root, sha224RSA, crypto.SHA224)}, "")
	newer("signature algorithm: SHA224withRSA")
	for _, a := range []string{"dsa", "pss"} {
		anchor, leaf := certs{m.file(a + "-root.der")}, m.file(a+"-leaf.der")
		add("algorithm: "+a, anchor, "localhost", certs{leaf}, "")
		if a == "dsa" {
			newer("signature algorithm: SHA256withDSA")
		}
		add("algorithm: "+a+", spoiled", anchor, "localhost", certs{m.spoiled(leaf)}, wantValidation+"signature check failed")
		if a == "dsa" {
			newer("signature algorithm: SHA256withDSA")
		}
	}
	add("algorithm: RSA, spoiled", certs{root.cert}, "localhost", certs{m.spoiled(m.leaf(root, "localhost"))}, wantValidation+"signature check failed")
	return cases
}
