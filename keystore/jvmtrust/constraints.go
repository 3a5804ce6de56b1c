package jvmtrust

import (
	"encoding/asn1"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// The kinds of a general name, by their tags (RFC 5280, 4.2.1.6).
const (
	nameMail      = 1
	nameDNS       = 2
	nameDirectory = 4
	nameURI       = 6
	nameAddress   = 7
)

type generalName struct {
	kind  int
	value []byte // a text, an address with or without mask, or a name in DER
}

func (n generalName) text() string { return strings.ToLower(string(n.value)) }

type generalSubtree struct {
	Base asn1.RawValue
	Min  asn1.RawValue `asn1:"optional,tag:0"`
	Max  asn1.RawValue `asn1:"optional,tag:1"`
}

type nameConstraints struct {
	Permitted []generalSubtree `asn1:"optional,tag:0"`
	Excluded  []generalSubtree `asn1:"optional,tag:1"`
}

func newGeneralName(v asn1.RawValue) generalName { return generalName{v.Tag, v.Bytes} }

// checkNameConstraints is sun.security.x509.NameConstraintsExtension.verify: the
// names of a certificate under the rules of an authority above it.
func (p *pathCheck) checkNameConstraints(ca, l link) *Error {
	var rules nameConstraints
	_, err := asn1.Unmarshal(extension(ca.Certificate, oidNameConstraints), &rules)
	undecided := l.refuse(ReasonUnreadable, "the certificate "+displayName(ca.RawSubject)+" has name constraints "+
		"of a kind that is not decided here")
	if err != nil {
		return undecided
	}
	trees := slices.Concat(rules.Permitted, rules.Excluded)
	unsupported := func(what string) *Error {
		return l.refuse(ReasonUsage, "java.io.IOException: "+what+" BaseDistance in name constraints not supported")
	}
	hasMinimum := func(s generalSubtree) bool { return strings.Trim(string(s.Min.Bytes), "\x00") != "" }
	hasMaximum := func(s generalSubtree) bool { return len(s.Max.FullBytes) > 0 }
	if slices.ContainsFunc(trees, hasMinimum) {
		return unsupported("Non-zero minimum")
	}
	if slices.ContainsFunc(trees, hasMaximum) {
		return unsupported("Maximum")
	}
	for _, name := range constrainedNames(l) {
		// Of a kind that no rule speaks of, every name is permitted.
		permitted, allowed := p.rulesFor(rules.Permitted, name)
		excluded, refused := p.rulesFor(rules.Excluded, name)
		if !permitted && !excluded {
			continue
		}
		if !slices.Contains([]int{nameMail, nameDNS, nameDirectory, nameURI, nameAddress}, name.kind) {
			return undecided
		}
		if refused || permitted && !allowed {
			return l.refuse(ReasonUsage, "name constraints check failed")
		}
	}
	return nil
}

// rulesFor reports whether there are rules for names of this kind, and whether the
// name is within one of them.
func (p *pathCheck) rulesFor(trees []generalSubtree, name generalName) (any, within bool) {
	for _, s := range trees {
		if rule := newGeneralName(s.Base); rule.kind == name.kind {
			any = true
			within = within || name.within(rule, p.release)
		}
	}
	return any, within
}

// constrainedNames are the subject, the alternative names or, where there are
// none, the subject's mail addresses, and the common name where it looks like a
// host or an address and no alternative name is one.
func constrainedNames(l link) []generalName {
	var names []generalName
	if l.subject != "" {
		names = append(names, generalName{nameDirectory, l.RawSubject})
	}
	if raw := extension(l.Certificate, oidSubjectAltName); raw != nil {
		var alternatives []asn1.RawValue
		if _, err := asn1.Unmarshal(raw, &alternatives); err == nil {
			for _, v := range alternatives {
				names = append(names, newGeneralName(v))
			}
		}
	} else {
		for _, rdn := range x500.Parse(l.RawSubject) {
			for _, a := range rdn {
				if mail, ok := a.Text(); ok && a.Type == oidMailAddress {
					names = append(names, generalName{nameMail, []byte(mail)})
				}
			}
		}
	}
	has := func(kind int) bool {
		return slices.ContainsFunc(names, func(n generalName) bool { return n.kind == kind })
	}
	cn := mostSpecificCN(l.RawSubject)
	if ip, isIP := parseIP(cn); isIP {
		if !has(nameAddress) {
			names = append(names, generalName{nameAddress, ip.AsSlice()})
		}
	} else if isHostName(cn) && len(cn) <= 253 && !has(nameDNS) && !strings.ContainsFunc(cn, notASCII) {
		names = append(names, generalName{nameDNS, []byte(cn)})
	}
	return names
}

// within reports whether a name is what the rule of the same kind says, or below it.
func (n generalName) within(rule generalName, release int) bool {
	name, r := n.text(), rule.text()
	switch n.kind {
	case nameDNS:
		if release < 17 { // a dot in front of the domain is one too many
			rest, ok := strings.CutSuffix(name, r)
			return name == r || ok && strings.HasSuffix(rest, ".")
		}
		return name == r || belowDomain(name, r)
	case nameMail:
		// A rule is a mailbox, a host, or the hosts below a domain.
		return name == r || !strings.Contains(r, "@") && strings.HasSuffix(name, r) &&
			(strings.HasPrefix(r, ".") || strings.HasSuffix(strings.TrimSuffix(name, r), "@"))
	case nameURI:
		u, err := url.Parse(string(n.value))
		if err != nil {
			return false
		}
		host := strings.ToLower(u.Hostname())
		if !strings.HasPrefix(r, ".") {
			return host == r
		}
		return belowDomain(host, r)
	case nameDirectory:
		whole, part := x500.Parse(n.value), x500.Parse(rule.value)
		return len(part) <= len(whole) && slices.EqualFunc(whole[:len(part)], part, sameRDN)
	case nameAddress:
		if len(rule.value) != 2*len(n.value) {
			return false
		}
		net, mask := rule.value[:len(n.value)], rule.value[len(n.value):]
		for i, b := range n.value {
			if b&mask[i] != net[i]&mask[i] {
				return false
			}
		}
		return true
	}
	return false
}

// belowDomain reports whether a name has more labels than the domain; a domain that
// begins with a dot stands only for what is below it.
func belowDomain(name, domain string) bool {
	rest, ok := strings.CutSuffix(name, domain)
	return ok && rest != "" && strings.HasSuffix(rest, ".") != strings.HasPrefix(domain, ".")
}

func sameRDN(a, b []x500.Attribute) bool {
	return canonicalRDN(a) == canonicalRDN(b)
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }
