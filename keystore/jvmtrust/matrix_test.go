package jvmtrust

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
)

type trustCase struct {
	name    string
	anchors []*x509.Certificate
	keys    []*x509.Certificate // chain of a private key entry of the truststore; the key is mint.rsa
	host    string
	chain   []*x509.Certificate
	want    string // the message of Java 11, "" when it accepts
	want17  *string
	newer   string // that of later versions, where it differs from that of Java 17
}

// on is what a release says.
func (c trustCase) on(release int) string {
	if release >= 17 && c.want17 != nil {
		return *c.want17
	}
	return c.want
}

const (
	wantNoPath = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: " +
		"unable to find valid certification path to requested target"
	wantValidation = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
	wantAnchor     = `: sun.security.validator.ValidatorException: TrustAnchor with subject "CN=root" `
	wantNotCA      = wantAnchor + "is not a CA certificate"
)

type certs = []*x509.Certificate

// matrix collects the cases, with a mint and the authorities that most of them need.
type matrix struct {
	*mint
	root, sub *authority
	own       *x509.Certificate // of the server, signed by itself
	cases     []trustCase
}

// trustCases are the whole matrix.
func trustCases(mint *mint) []trustCase {
	root := mint.ca(nil, "root")
	m := &matrix{mint: mint, root: root, sub: mint.ca(root, "sub"), own: mint.self("localhost")}
	for _, add := range []func(){
		m.names, m.wildcards, m.anchors, m.authorities, m.privateKeyEntries, m.chains, m.longChains, m.usages,
		m.algorithms, m.keySizes, m.olderAlgorithms,
		m.hostConstraints, m.addressAndMailConstraints, m.uriConstraints, m.directoryConstraints,
		m.policies, m.qualifiers, m.crossSigned, m.servers,
	} {
		add()
	}
	return m.cases
}

func (m *matrix) add(name string, anchors certs, host string, chain certs, want string) {
	m.cases = append(m.cases, trustCase{name: name, anchors: anchors, host: host, chain: chain, want: want})
}

func (m *matrix) last() *trustCase { return &m.cases[len(m.cases)-1] }

// named adds a certificate that is trusted as it is, so that only its names decide.
func (m *matrix) named(name, host, want, cn string, edits ...edit) {
	c := m.self(cn, edits...)
	m.add("name: "+name, certs{c}, host, certs{c}, want)
}

// issued adds a certificate signed by the root.
func (m *matrix) issued(name, want string, edits ...edit) {
	m.add(name, certs{m.root.cert}, "localhost", certs{m.leaf(m.root, "localhost", edits...)}, want)
}

func (m *matrix) asItIs(name string, edits ...edit) {
	c := m.self("localhost", edits...)
	m.add(name+", trusted as it is", certs{c}, "localhost", certs{c}, "")
}

// accepted17 says that Java 17 accepts the last case.
func (m *matrix) accepted17() { m.last().want17 = new(string) }

// newer is what versions after 17 say of the last case.
func (m *matrix) newer(message string) {
	m.last().newer = wantValidation + "Algorithm constraints check failed on " + message
}

// rsa512 is a key that nobody has, too short for Java.
var rsa512 = &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(569)), E: 65537}

func (m *matrix) names() {
	m.named("CN", "localhost", "", "localhost")
	m.named("CN in other case", "LocalHost", "", "LOCALHOST")
	m.named("other CN", "idc21.example.com", "No name matching idc21.example.com found", "localhost")
	m.named("host with a final dot", "idc21.example.com.", "", "idc21.example.com")
	m.named("CN with a final dot", "idc21.example.com", "No name matching idc21.example.com found",
		"idc21.example.com.")
	m.named("address, CN only", "127.0.0.1", "No subject alternative names present", "127.0.0.1")
	m.named("address, DNS name only", "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 "+
		"found",
		"127.0.0.1", dns("127.0.0.1"))
	m.named("address in SAN", "127.0.0.1", "", "x", ips("127.0.0.1"))
	m.named("other address in SAN", "127.0.0.2", "No subject alternative names matching IP address 127.0.0.2 found",
		"x", ips("127.0.0.1"))
	m.named("IPv6", "2001:db8::1", "", "x", ips("2001:db8::1"))
	m.named("IPv6, long form", "2001:0db8:0:0:0:0:0:1", "", "x", ips("2001:db8::1"))
	m.named("IPv6 in brackets", "[2001:db8::1]", "", "x", ips("2001:db8::1"))
	m.named("IPv6 in brackets, other", "[2001:db8::2]", "No subject alternative names matching IP address "+
		"2001:db8::2 found", "x", ips("2001:db8::1"))
	m.named("IPv4 in IPv6", "::ffff:127.0.0.1", "", "x", ips("127.0.0.1"))
	m.named("short address", "127.1", "", "x", ips("127.0.0.1"))
	m.named("short address, CN only", "127.1", "No subject alternative names present", "127.1")
	m.named("number too large for an address", "1.2.3.256", "", "1.2.3.256")
	m.named("SAN", "idc21.example.com", "", "other", dns("idc21.example.com"))
	m.named("second name of SAN", "idc21.example.com", "", "other", dns("a.example.com", "idc21.example.com"))
	m.named("SAN in other case", "idc21.EXAMPLE.com", "", "other", dns("IDC21.example.com"))
	m.named("CN beside a SAN with DNS name", "localhost", "No subject alternative DNS name matching localhost "+
		"found.",
		"localhost", dns("idc21.example.com"))
	m.named("CN beside a SAN with address", "localhost", "", "localhost", ips("127.0.0.1"))
	m.named("CN beside a SAN with mail address", "localhost", "", "localhost", email("a@example.com"))
	m.named("other CN beside a SAN with address", "b", "No name matching b found", "localhost", ips("127.0.0.1"))
	m.named("address, SAN with mail address", "127.0.0.1", "No subject alternative names matching IP address "+
		"127.0.0.1 found", "x", email("a@example.com"))
	m.named("address as DNS name in SAN", "127.0.0.1",
		"No subject alternative names matching IP address 127.0.0.1 "+
			"found", "x", dns("127.0.0.1"))
	m.named("no names at all", "localhost", "No name matching localhost found", "",
		subject(pkix.Name{Organization: []string{"Example"}}))
	m.add("name: empty subject", certs{m.root.cert}, "localhost", certs{m.leaf(m.root, "", dns("localhost"))}, "")
	m.named("two CNs, last", "b.example.com", "", "", commonNames("a.example.com", "b.example.com"))
	m.named("two CNs, first", "a.example.com", "No name matching a.example.com found", "",
		commonNames("a.example.com", "b.example.com"))
	m.named("CN is no host name", "localhost", "No name matching localhost found", "Example Inc.")
	m.named("CN before O", "localhost", "", "",
		subject(pkix.Name{CommonName: "localhost", Organization: []string{"Example"}, Country: []string{"US"}}))
	m.named("CN in T61", "localhost", "", "", rawSubject(20, "localhost"))
	m.named("CN in IA5", "localhost", "", "", rawSubject(22, "localhost"))
	m.named("CN in BMP", "ab", "", "", rawSubject(30, "\x00a\x00b"))
	m.named("host with underscore", "idc_21", "Illegal given domain name: idc_21", "idc_21")
	m.named("host with underscore in SAN", "idc_21.example.com", "Illegal given domain name: idc_21.example.com",
		"x",
		dns("idc_21.example.com"))
	m.named("CN beside a SAN with underscore", "idc21.example.com", "No subject alternative DNS name matching "+
		"idc21.example.com found.", "idc21.example.com", dns("idc_21.example.com"))
	m.named("SAN with and without underscore", "idc21.example.com", "", "x", dns("idc21.example.com", "idc_21"))
	m.named("SAN with final dot", "idc21.example.com",
		"No subject alternative DNS name matching idc21.example.com "+
			"found.", "x", dns("idc21.example.com."))
	m.named("host begins with hyphen", "-a.example.com", "Illegal given domain name: -a.example.com",
		"-a.example.com")
	m.named("label of 64", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com",
		"Illegal given domain name: "+
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com", "x")
	m.named("empty label", "a..example.com", "Illegal given domain name: a..example.com", "x")
}

func (m *matrix) wildcards() {
	m.named("wildcard", "idc21.example.com", "", "x", dns("*.example.com"))
	m.named("wildcard in CN", "idc21.example.com", "", "*.example.com")
	m.named("wildcard, the domain itself", "example.com", "No subject alternative DNS name matching example.com "+
		"found.", "x", dns("*.example.com"))
	m.named("wildcard, two labels", "a.b.example.com", "No subject alternative DNS name matching a.b.example.com "+
		"found.", "x", dns("*.example.com"))
	m.named("wildcard of a top-level domain", "example.com", "", "x", dns("*.com"))
	m.named("wildcard of a top-level domain in CN", "example.com", "", "*.com")
	m.named("wildcard alone", "localhost", "No name matching localhost found", "*")
	m.named("wildcard without dot", "localhost", "No name matching localhost found", "local*")
	m.named("wildcard before hyphenated end", "idc21.example.com", "", "idc*.example.com")
	m.named("wildcard in the middle", "idc21.example.com", "", "i*1.example.com")
	m.named("two wildcards in a label", "idc21.example.com", "", "i*2*.example.com")
	m.named("partial wildcard, other", "idc21.example.com", "No name matching idc21.example.com found",
		"x*.example.com")
	m.named("partial wildcard in SAN", "idc21.example.com", "", "x", dns("idc*.example.com"))
	m.named("wildcard in the second label", "a.b.example.com", "", "a.*.example.com")
	m.last().newer = "No name matching a.b.example.com found"
	m.named("wildcards in both labels", "a.b.example.com", "", "*.*.example.com")
	m.last().newer = "No name matching a.b.example.com found"
	m.named("wildcard for an address", "127.0.0.1",
		"No subject alternative names matching IP address 127.0.0.1 found", "x", dns("*.0.0.1"))
	m.named("Punycode host, Unicode CN", "xn--bcher-kva.example.com", "", "bücher.example.com")
	m.named("Unicode host, Punycode SAN", "bücher.example.com", "", "x", dns("xn--bcher-kva.example.com"))
	m.named("Unicode host, Unicode CN", "BÜCHER.example.com", "", "bücher.example.com")
	m.named("Punycode both", "xn--bcher-kva.example.com", "", "x", dns("xn--bcher-kva.example.com"))
}

func (m *matrix) anchors() {
	m.add("anchor: none", nil, "localhost", certs{m.own}, "Unexpected error: "+
		"java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty")
	m.add("anchor: another name", certs{m.self("elsewhere")}, "localhost", certs{m.own}, wantNoPath)
	m.add("anchor: same name, other key", certs{m.issue("localhost", m.rsa2.Public(), nil, m.rsa2)}, "localhost",
		certs{m.own}, wantValidation+"signature check failed")
	m.add("anchor: same name, other kind of key", certs{m.issue("localhost", m.ec.Public(), nil, m.ec)},
		"localhost",
		certs{m.own}, wantValidation+"signature check failed")
	renewed := m.self("localhost")
	m.add("anchor: renewed with the same key", certs{m.own}, "localhost", certs{renewed}, "PKIX path validation "+
		"failed: sun.security.validator.ValidatorException: TrustAnchor with subject \"CN=localhost\" is not "+
		"a CA certificate")
	m.add("anchor: root", certs{m.root.cert}, "localhost", certs{m.leaf(m.root, "localhost")}, "")
	m.add("anchor: root in the chain too", certs{m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), m.root.cert},
		"")
	m.add("anchor: root, other name", certs{m.root.cert}, "localhost", certs{m.leaf(m.root, "idc21")},
		"No name matching localhost found")
	m.add("anchor: other root in the chain", certs{m.ca(nil, "other").cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), m.root.cert}, wantNoPath)
	m.add("anchor: intermediate", certs{m.sub.cert}, "localhost", certs{m.leaf(m.sub, "localhost")}, "")
	m.add("anchor: intermediate, root unknown", certs{m.sub.cert}, "localhost",
		certs{m.leaf(m.sub, "localhost"), m.sub.cert, m.root.cert}, "")
	m.add("anchor: own certificate, chain in any order", certs{m.own}, "localhost",
		certs{m.own, m.root.cert, m.sub.cert}, "")
	m.add("anchor: own certificate of a CA's", certs{m.leaf(m.root, "other"), m.own}, "localhost", certs{m.own}, "")
	expiredRoot := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, expired), m.rsa2}
	m.add("anchor: expired root", certs{expiredRoot.cert}, "localhost", certs{m.leaf(expiredRoot, "localhost")}, "")
	m.add("anchor: expired root, in the chain too", certs{expiredRoot.cert}, "localhost",
		certs{m.leaf(expiredRoot, "localhost"), expiredRoot.cert}, "")
	m.add("anchor: expired root, path to be built", certs{expiredRoot.cert}, "localhost",
		certs{m.leaf(expiredRoot, "localhost"), m.own}, "")
	m.add("anchor: expired own certificate", certs{m.self("localhost", expired)}, "localhost", nil, "")
	m.last().chain = m.last().anchors
	m.add("anchor: future own certificate", certs{m.self("localhost", future)}, "localhost", nil, "")
	m.last().chain = m.last().anchors
	m.add("anchor: expired root, renewed one in the chain", certs{expiredRoot.cert}, "localhost",
		certs{m.leaf(m.root, "localhost"), m.root.cert}, "")
}

// authorities are anchors with rules of their own.
func (m *matrix) authorities() {
	noCA := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2), m.rsa2}
	m.add("anchor: no CA", certs{noCA.cert}, "localhost", certs{m.leaf(noCA, "localhost")},
		"PKIX path validation failed"+wantNotCA)
	m.add("anchor: no CA, path to be built", certs{noCA.cert}, "localhost", certs{m.leaf(noCA, "localhost"), m.own},
		"PKIX path building failed"+wantNotCA)
	falseCA := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, notCAExtensions), m.rsa2}
	m.add("anchor: CA false", certs{falseCA.cert}, "localhost", certs{m.leaf(falseCA, "localhost")},
		"PKIX path validation failed"+wantNotCA)
	noSign := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions,
		usage(x509.KeyUsageDigitalSignature)), m.rsa2}
	m.add("anchor: CA without keyCertSign", certs{noSign.cert}, "localhost", certs{m.leaf(noSign, "localhost")},
		"PKIX path validation failed"+wantAnchor+"does not have keyCertSign bit set in KeyUsage extension")
	v1 := &authority{m.v1(noCA.cert, noCA), m.rsa2}
	m.add("anchor: version 1", certs{v1.cert}, "localhost", certs{m.leaf(v1, "localhost")}, "")
	m.add("anchor: version 1, path to be built", certs{v1.cert}, "localhost", certs{m.leaf(v1, "localhost"), m.own},
		"")
	narrow := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions, maxPath(0)), m.rsa2}
	narrowSub := m.ca(narrow, "sub")
	m.add("anchor: path longer than it allows", certs{narrow.cert}, "localhost",
		certs{m.leaf(narrowSub, "localhost"), narrowSub.cert}, "")
	m.add("anchor: path longer than it allows, to be built", certs{narrow.cert}, "localhost",
		certs{m.leaf(narrowSub, "localhost"), m.own, narrowSub.cert}, "")
	limited := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions,
		func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example.org"} }), m.rsa2}
	m.add("anchor: its name constraints", certs{limited.cert}, "idc21.example.com",
		certs{m.leaf(limited, "x", dns("idc21.example.com"))}, "")
	client := &authority{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions,
		purpose(x509.ExtKeyUsageClientAuth)), m.rsa2}
	m.add("anchor: its extended usage", certs{client.cert}, "localhost", certs{m.leaf(client, "localhost")}, "")
	other := &authority{m.issue("ROOT", m.ec.Public(), nil, m.ec, caExtensions), m.ec}
	m.add("anchor: two of one name", certs{other.cert, m.root.cert}, "localhost",
		certs{m.leaf(m.root, "localhost")}, "")
	m.add("anchor: key identifiers differ",
		certs{m.issue("root", m.rsa2.Public(), nil, m.rsa2, caExtensions,
			func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} })}, "localhost",
		certs{m.leaf(m.root, "localhost")}, wantValidation+"Path does not chain with any of the trust anchors")
}

// privateKeyEntries: a truststore holds the server's certificate as that of a private key.
func (m *matrix) privateKeyEntries() {
	m.add("private key entry: its certificate", nil, "localhost", certs{m.own}, "")
	m.last().keys = certs{m.own}
	signed := m.leaf(m.root, "localhost")
	m.add("private key entry: the second of its chain is no anchor", nil, "other",
		certs{m.issue("other", m.ec.Public(), m.root, nil)}, wantNoPath)
	m.last().keys = certs{signed, m.root.cert}
	m.add("private key entry: the first of its chain is", nil, "localhost", certs{signed, m.root.cert}, "")
	m.last().keys = certs{signed, m.root.cert}
}

func (m *matrix) chains() {
	leaf := m.leaf(m.sub, "localhost")
	m.add("chain: of two", certs{m.root.cert}, "localhost", certs{leaf, m.sub.cert}, "")
	m.add("chain: of three, with the root", certs{m.root.cert}, "localhost", certs{leaf, m.sub.cert, m.root.cert},
		"")
	m.add("chain: intermediate missing", certs{m.root.cert}, "localhost", certs{leaf}, wantNoPath)
	m.add("chain: out of order", certs{m.root.cert}, "localhost", certs{leaf, m.root.cert, m.sub.cert}, "")
	m.add("chain: a foreign one at the end", certs{m.root.cert}, "localhost", certs{leaf, m.sub.cert, m.own}, "")
	m.add("chain: a foreign one between", certs{m.root.cert}, "localhost", certs{leaf, m.own, m.sub.cert}, "")
	m.add("chain: leaf twice", certs{m.root.cert}, "localhost", certs{leaf, leaf, m.sub.cert}, "")
	forged := &authority{m.issue("sub", m.rsa.Public(), nil, m.rsa, caExtensions), m.rsa}
	m.add("chain: forged by a namesake", certs{m.root.cert}, "localhost",
		certs{m.issue("localhost", m.ec.Public(), forged, nil), m.sub.cert}, wantValidation+
			"signature check failed")
	m.add("chain: forged by a namesake, to be built", certs{m.root.cert}, "localhost",
		certs{m.issue("localhost", m.ec.Public(), forged, nil), m.own, m.sub.cert}, wantNoPath)
	noCASub := &authority{m.issue("sub", m.ec.Public(), m.root, nil), m.ec}
	m.add("chain: intermediate is no CA", certs{m.root.cert}, "localhost",
		certs{m.leaf(noCASub, "localhost"), noCASub.cert}, wantValidation+
			"basic constraints check failed: this is not a CA certificate")
	m.add("chain: intermediate is no CA, to be built", certs{m.root.cert}, "localhost",
		certs{m.leaf(noCASub, "localhost"), m.own, noCASub.cert}, wantNoPath)
	noSignSub := m.ca(m.root, "sub", usage(x509.KeyUsageDigitalSignature))
	m.add("chain: intermediate may not sign", certs{m.root.cert}, "localhost",
		certs{m.leaf(noSignSub, "localhost"), noSignSub.cert}, wantValidation+
			"CA key usage check failed: keyCertSign bit is not set")
	short := m.ca(m.root, "short", maxPath(0))
	below := m.ca(short, "below")
	m.add("chain: too long for an intermediate", certs{m.root.cert}, "localhost",
		certs{m.leaf(below, "localhost"), below.cert, short.cert}, wantValidation+
			"basic constraints check failed: pathLenConstraint violated - this cert must be the last "+
			"cert in the certification path")
	m.add("chain: just long enough", certs{m.root.cert}, "localhost", certs{m.leaf(short, "localhost"), short.cert},
		"")
	expiredSub := m.ca(m.root, "sub", expired)
	m.add("chain: intermediate expired", certs{m.root.cert}, "localhost",
		certs{m.leaf(expiredSub, "localhost"), expiredSub.cert}, wantValidation+"validity check failed")
	clientSub := m.ca(m.root, "sub", purpose(x509.ExtKeyUsageClientAuth))
	m.add("chain: intermediate for clients only", certs{m.root.cert}, "localhost",
		certs{m.leaf(clientSub, "localhost"), clientSub.cert}, "")
}

func (m *matrix) longChains() {
	deep, chain := m.root, certs{}
	for _, n := range []string{"d1", "d2", "d3", "d4", "d5", "d6"} {
		deep = m.ca(deep, n)
		chain = append(certs{deep.cert}, chain...)
		if n == "d5" {
			l := m.leaf(deep, "localhost")
			m.add("chain: five intermediates, to be built", certs{m.root.cert}, "localhost",
				append(certs{l, m.own}, chain...), "")
		}
	}
	deepLeaf := m.leaf(deep, "localhost")
	m.add("chain: six intermediates", certs{m.root.cert}, "localhost", append(certs{deepLeaf}, chain...), "")
	m.add("chain: six intermediates, to be built", certs{m.root.cert}, "localhost",
		append(certs{deepLeaf, m.own}, chain...), wantNoPath)
	limitedSub := m.ca(m.root, "sub", func(c *x509.Certificate) {
		c.PermittedDNSDomains = []string{"example.org"}
		c.PermittedDNSDomainsCritical = true
		_, n, _ := net.ParseCIDR("10.0.0.0/8")
		c.ExcludedIPRanges = []*net.IPNet{n}
	})
	m.add("chain: name constraint kept", certs{m.root.cert}, "idc21.example.org",
		certs{m.leaf(limitedSub, "x y", dns("idc21.example.org")), limitedSub.cert}, "")
	m.add("chain: name constraint broken", certs{m.root.cert}, "idc21.example.com",
		certs{m.leaf(limitedSub, "x y", dns("idc21.example.com")), limitedSub.cert}, wantValidation+
			"name constraints check failed")
	m.add("chain: name constraint broken by CN", certs{m.root.cert}, "idc21.example.com",
		certs{m.leaf(limitedSub, "idc21.example.com"), limitedSub.cert}, wantValidation+
			"name constraints check failed")
	m.add("chain: name constraint kept by CN", certs{m.root.cert}, "idc21.example.org",
		certs{m.leaf(limitedSub, "idc21.example.org"), limitedSub.cert}, "")
	m.add("chain: address excluded", certs{m.root.cert}, "10.1.2.3",
		certs{m.leaf(limitedSub, "x y", ips("10.1.2.3")),
			limitedSub.cert}, wantValidation+"name constraints check failed")
	utf8Root := &authority{m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(12, "my  Root ")),
		m.rsa2}
	printable := *utf8Root
	printable.cert = m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(19, "My Root"))
	m.add("chain: issuer's name in other letters", certs{printable.cert}, "localhost",
		certs{m.leaf(utf8Root, "localhost")}, "")
	ia5 := *utf8Root
	ia5.cert = m.issue("", m.rsa2.Public(), nil, m.rsa2, caExtensions, rawSubject(22, "My Root"))
	m.add("chain: issuer's name in another type", certs{ia5.cert}, "localhost",
		certs{m.leaf(utf8Root, "localhost")},
		wantNoPath)
}
