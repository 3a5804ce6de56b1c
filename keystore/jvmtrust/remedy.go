package jvmtrust

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
)

const (
	byTool = "(keystore.Store.PutCertificate, or keytool -importcert -alias source -file source.pem " +
		"-keystore truststore)"
	importOwn = "import the server's own certificate into the truststore " + byTool
)

// remedyFor returns what to do in an upgrade about a certificate that a target's
// JVM refuses.
func remedyFor(e *Error) string {
	c := e.Certificate
	switch e.Reason {
	case ReasonNoCertificate:
		return "check that the address is that of the server's TLS port"
	case ReasonUntrusted, ReasonSignature:
		return fmt.Sprintf("copy keystore.jceks and truststore of 2.1 into security/ of 7.1.6 before its "+
			"first start; or import the certificate of %s %s", cmp.Or(e.Host, "the server"), byTool)
	case ReasonName, ReasonNoName:
		return nameRemedy(e.Host, c)
	case ReasonValidity:
		what := fmt.Sprintf("valid from %s to %s", c.NotBefore.UTC().Format("2006-01-02 15:04"),
			c.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
		return fmt.Sprintf("the certificate %q is %s: check the clocks of both machines, else renew it; or "+
			"%s, which is trusted whatever its dates", displayName(c.RawSubject), what, importOwn)
	case ReasonAlgorithm:
		return fmt.Sprintf("renew the certificate %q with RSA 2048 and SHA-256 or better; or %s",
			displayName(c.RawSubject), importOwn)
	case ReasonTruststore:
		return "delete that entry from the truststore, or import its certificate anew as a file that Java reads"
	case ReasonDamaged:
		return "renew the server's certificate: no JVM reads this one"
	case ReasonUsage:
		return fmt.Sprintf("the certificate %q may not be used as the server presents it: renew it for use "+
			"by a TLS server; or %s",
			displayName(c.RawSubject), importOwn)
	}
	return importOwn
}

func nameRemedy(host string, c *x509.Certificate) string {
	names := hostNames(c)
	renew := fmt.Sprintf("renew the server's certificate with %s as subject alternative name",
		cmp.Or(host, "the server"))
	if len(names) == 0 {
		return renew
	}
	if names[0] == "localhost" || isLoopback(names[0]) {
		// A hosts entry for localhost would take the name from everything else on that machine.
		return fmt.Sprintf("%s; or, if source and target run on one machine, use https://%s/openidm/ in "+
			"Upgrade.InstanceURL", renew, net.JoinHostPort(names[0], "PORT"))
	}
	use := fmt.Sprintf("use the certificate's own name in Upgrade.InstanceURL: https://%s/openidm/",
		net.JoinHostPort(names[0], "PORT"))
	switch {
	case strings.Contains(names[0], "*"):
		use = fmt.Sprintf("use a host name that %s covers in Upgrade.InstanceURL", names[0])
	case net.ParseIP(names[0]) == nil:
		use += fmt.Sprintf(", and let that name lead to the source in the hosts file of the target's "+
			"machine: IP-OF-THE-SOURCE %s", names[0])
	}
	if len(names) > 1 {
		use += fmt.Sprintf(" (its names are %s)", strings.Join(names, ", "))
	}
	return use + "; or " + renew
}

func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// hostNames lists the names under which a certificate would be accepted, those
// with an asterisk last.
func hostNames(c *x509.Certificate) []string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	cn := mostSpecificCN(c.RawSubject)
	if _, isIP := parseIP(cn); !isIP && len(c.DNSNames) == 0 && isHostName(strings.ReplaceAll(cn, "*", "z")) {
		names = append(names, cn)
	}
	slices.SortStableFunc(names, func(a, b string) int { return strings.Count(a, "*") - strings.Count(b, "*") })
	return names
}
