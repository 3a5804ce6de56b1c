package jvmtrust

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"maps"
	"slices"
)

const anyPolicy = "2.5.29.32.0"

// policyCheck is sun.security.provider.certpath.PolicyChecker where, as for TLS,
// the caller demands no policy: RFC 5280, 6.1, from the anchor down. Only what an
// authority demands in its certificate can fail.
type policyCheck struct {
	// valid has the policies of the last certificate, each with those that the
	// next one may have for it; nil is the empty tree. Of the tree no more is
	// needed, as no set of policies is asked for at its end.
	valid map[string][]string
	// How many more certificates may have none, map them, or have any.
	explicit, mapping, anyAllowed int
}

func newPolicyCheck(length int) *policyCheck {
	return &policyCheck{map[string][]string{anyPolicy: {anyPolicy}}, length + 1, length + 1, length + 1}
}

type policyMap struct{ Issuer, Subject asn1.ObjectIdentifier }

// policyExtensions is what a certificate says; an extension that cannot be read
// counts as none, as in Java where it is not critical.
type policyExtensions struct {
	policies           []string
	maps               []policyMap
	criticalQualifiers bool
	require, inhibit   int // -1 where it does not say
	inhibitAny         int
}

func readPolicyExtensions(l link) policyExtensions {
	p := policyExtensions{require: -1, inhibit: -1, inhibitAny: -1}
	for _, e := range l.Extensions {
		switch {
		case e.Id.Equal(oidPolicies):
			var list []struct {
				ID         asn1.ObjectIdentifier
				Qualifiers asn1.RawValue `asn1:"optional"`
			}
			if _, err := asn1.Unmarshal(e.Value, &list); err == nil {
				for _, i := range list {
					p.policies = append(p.policies, i.ID.String())
					p.criticalQualifiers = p.criticalQualifiers ||
						e.Critical && len(i.Qualifiers.Bytes) > 0 && i.ID.String() != anyPolicy
				}
			}
		case e.Id.Equal(oidPolicyMappings):
			if _, err := asn1.Unmarshal(e.Value, &p.maps); err != nil {
				p.maps = nil
			}
		case e.Id.Equal(oidPolicyConstraints):
			p.readConstraints(e)
		case e.Id.Equal(oidInhibitAnyPolicy):
			if _, err := asn1.Unmarshal(e.Value, &p.inhibitAny); err != nil {
				p.inhibitAny = -1
			}
		}
	}
	return p
}

func (p *policyExtensions) readConstraints(e pkix.Extension) {
	var c struct {
		Require int `asn1:"optional,tag:0,default:-1"`
		Inhibit int `asn1:"optional,tag:1,default:-1"`
	}
	if _, err := asn1.Unmarshal(e.Value, &c); err == nil {
		p.require, p.inhibit = c.Require, c.Inhibit
	}
}

// check goes on to the next certificate and returns Java's message, "" where it
// accepts.
func (c *policyCheck) check(l link, last bool) string {
	p := readPolicyExtensions(l)
	if c.valid != nil && p.criticalQualifiers {
		return "critical policy qualifiers present in certificate"
	}
	c.descend(p, c.anyAllowed > 0 || !last && l.selfIssued())
	if !last && c.valid != nil {
		if message := c.applyMappings(p.maps); message != "" {
			return message
		}
	}
	if last {
		limit := -1 // of its own demand only zero counts
		if p.require == 0 {
			limit = 0
		}
		c.explicit = fewer(c.explicit, limit, l.selfIssued())
	}
	if c.explicit == 0 && c.valid == nil {
		return "non-null policy tree required and policy tree is null"
	}
	if !last {
		c.explicit = fewer(c.explicit, p.require, l.selfIssued())
		c.mapping = fewer(c.mapping, p.inhibit, l.selfIssued())
		c.anyAllowed = fewer(c.anyAllowed, p.inhibitAny, l.selfIssued())
	}
	return ""
}

func fewer(n, limit int, selfIssued bool) int {
	if n > 0 && !selfIssued {
		n--
	}
	if limit >= 0 {
		n = min(n, limit)
	}
	return n
}

// descend is RFC 5280, 6.1.3 (d) and (e).
func (c *policyCheck) descend(p policyExtensions, mayBeAny bool) {
	above := c.valid
	c.valid = nil
	if above == nil || p.policies == nil {
		return
	}
	expected := map[string]bool{}
	for _, all := range above {
		for _, e := range all {
			expected[e] = true
		}
	}
	next := map[string][]string{}
	for _, policy := range p.policies {
		if policy != anyPolicy && (expected[policy] || expected[anyPolicy]) {
			next[policy] = []string{policy}
		}
	}
	if mayBeAny && slices.Contains(p.policies, anyPolicy) {
		for policy := range expected {
			next[policy] = []string{policy}
		}
	}
	if len(next) > 0 {
		c.valid = next
	}
}

// applyMappings is RFC 5280, 6.1.4 (a) and (b).
func (c *policyCheck) applyMappings(mappings []policyMap) string {
	mapped := map[string][]string{}
	for _, m := range mappings {
		issuer, subject := m.Issuer.String(), m.Subject.String()
		switch {
		case issuer == anyPolicy:
			return "encountered an issuerDomainPolicy of ANY_POLICY"
		case subject == anyPolicy:
			return "encountered a subjectDomainPolicy of ANY_POLICY"
		}
		_, there := c.valid[issuer]
		_, anyThere := c.valid[anyPolicy]
		switch {
		case c.mapping == 0:
			delete(c.valid, issuer)
		case there || anyThere:
			mapped[issuer] = append(mapped[issuer], subject)
		}
	}
	maps.Copy(c.valid, mapped)
	if len(c.valid) == 0 {
		c.valid = nil
	}
	return ""
}
