package jvmtrust

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// Types of attributes in names.
const (
	oidCommonName  = "2.5.4.3"
	oidMailAddress = "1.2.840.113549.1.9.1"
)

var (
	oidKeyUsage          = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName    = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidNameConstraints   = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidPolicies          = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidPolicyMappings    = asn1.ObjectIdentifier{2, 5, 29, 33}
	oidAuthorityKeyID    = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidPolicyConstraints = asn1.ObjectIdentifier{2, 5, 29, 36}
	oidExtendedUsage     = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidInhibitAnyPolicy  = asn1.ObjectIdentifier{2, 5, 29, 54}
	oidNetscapeType      = asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}

	// TLS server, any, and Microsoft's and Netscape's forerunners of the first.
	servingUsages = []string{"1.3.6.1.5.5.7.3.1", "2.5.29.37.0", "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"}

	// What Java understands where it is critical: key usage, alternative name,
	// basic and name constraints, policies and their three companions, extended
	// key usage.
	understood = []string{"2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.33", "2.5.29.36",
		"2.5.29.54", "2.5.29.37"}
)

// extension is the value of an extension, nil where there is none.
func extension(c *x509.Certificate, oid asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(oid) {
			return e.Value
		}
	}
	return nil
}

func hasUnknownCritical(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool {
		return e.Critical && !slices.Contains(understood, e.Id.String())
	})
}

// checkServerUsage is sun.security.validator.EndEntityChecker for a TLS server
// whose key signs the handshake, as in TLS 1.3 and with ECDHE. Java skips it
// for a certificate that is itself in the truststore.
func checkServerUsage(l link) *Error {
	c, message := l.Certificate, ""
	switch {
	case extension(c, oidKeyUsage) != nil && c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		message = "KeyUsage does not allow digital signatures"
	case !mayServe(c):
		message = "Extended key usage does not permit use for TLS server authentication"
	case !netscapeServer(c):
		message = "Netscape cert type does not permit use for SSL server"
	default:
		return nil
	}
	return l.refuse(ReasonUsage, message)
}

func mayServe(c *x509.Certificate) bool {
	return extension(c, oidExtendedUsage) == nil ||
		slices.ContainsFunc(c.UnknownExtKeyUsage, func(o asn1.ObjectIdentifier) bool {
			return slices.Contains(servingUsages, o.String())
		})
}

func netscapeServer(c *x509.Certificate) bool {
	raw := extension(c, oidNetscapeType)
	if raw == nil {
		return true
	}
	var bits asn1.BitString
	_, err := asn1.Unmarshal(raw, &bits)
	return err == nil && bits.At(1) == 1
}
