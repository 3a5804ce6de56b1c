package certificate

import (
	"net/netip"
	"strings"
	"unicode"
)

// checkName is sun.security.x509.X500Name: a sequence of sets of pairs. A set may be empty, and a name of such sets
// is empty.
func checkName(v value) (empty bool, err error) {
	sets, err := v.parts()
	empty = true
	for _, set := range sets {
		if set.tag != tagSet {
			return false, errMalformed
		}
		if err := checkAttributes(set.bytes); err != nil {
			return false, err
		}
		empty = empty && len(set.bytes) == 0
	}
	return empty, err
}

func checkAttributes(content []byte) error {
	pairs, err := values(content)
	for _, pair := range pairs {
		if err == nil {
			err = checkAttribute(pair)
		}
	}
	return err
}

func checkAttribute(pair value) error {
	parts, err := pair.parts()
	if err != nil || len(parts) != 2 {
		return errMalformed
	}
	_, err = objectID(parts[0])
	return err
}

// ascii is how Java decodes an IA5String.
func ascii(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		if r[i] = rune(c); c > unicode.MaxASCII {
			r[i] = unicode.ReplacementChar
		}
	}
	return string(r)
}

// generalNames is sun.security.x509.GeneralNames of a content: at least one.
func generalNames(content []byte) ([]value, error) {
	list, err := values(content)
	if err != nil || len(list) == 0 {
		return nil, errMalformed
	}
	for _, n := range list {
		if err := checkGeneralName(n, false); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// checkGeneralName is sun.security.x509.GeneralName. A constraint's URI is a host.
func checkGeneralName(v value, constraint bool) error {
	kind := v.tag & 0x1f
	if v.tag&0xc0 != context || kind > 8 {
		return errMalformed
	}
	isConstructed := v.tag&constructed != 0
	if wants := kind == 0 || kind == 3 || kind == 4 || kind == 5; wants != isConstructed {
		return errMalformed
	}
	in := v.bytes
	switch kind {
	case 0:
		first, _ := next(&in)
		id, err := objectID(first)
		_, known := readers[id]
		if _, ok := next(&in); err != nil || !ok || known {
			return errMalformed
		}
	case 1:
		return checkMail(ascii(v.bytes))
	case 4:
		inner, _ := next(&in)
		_, err := checkName(inner)
		return err
	case 5:
		return checkEDI(v.bytes)
	case 6:
		if constraint {
			return checkURIRule(ascii(v.bytes))
		}
		return checkURI(ascii(v.bytes))
	case 7:
		if n := len(v.bytes); n != 4 && n != 8 && n != 16 && n != 32 {
			return errMalformed
		}
	case 8:
		return checkOID(v.bytes)
	}
	return nil
}

func checkMail(s string) error {
	domain := s[strings.Index(s, "@")+1:]
	if domain == "" || domain == "." {
		return errMalformed
	}
	return nil
}

func checkEDI(content []byte) error {
	list, err := values(content)
	if err != nil || len(list) < 1 || len(list) > 2 {
		return errMalformed
	}
	seen := [2]bool{}
	for _, v := range list {
		for number := range byte(2) {
			if !v.is(number, false) {
				continue
			}
			in := v.bytes
			inner, ok := next(&in)
			if !ok || seen[number] {
				return errMalformed
			}
			seen[number], v = true, inner
		}
	}
	return nil
}

// Characters of java.net.URI, beside letters and digits.
const (
	uriUnreserved = "_-!.~'()*"
	uriPath       = uriUnreserved + ":@&=+$,;/"
	uriAny        = uriUnreserved + ";/?:@&=+$,[]"
	uriRegistry   = uriUnreserved + "$,;:@&=+"
)

// uriCharacters reports whether a part of a URI has only such characters, escapes, and letters beyond ASCII.
func uriCharacters(s, marks string) bool {
	r := []rune(s)
	for i := 0; i < len(r); i++ {
		switch c := r[i]; {
		case c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c)), strings.ContainsRune(marks, c):
		case c == '%' && i+2 < len(r) && isHex(r[i+1]) && isHex(r[i+2]):
			i += 2
		case c > 0x80 && !unicode.IsControl(c) && !unicode.In(c, unicode.Z):
		default:
			return false
		}
	}
	return true
}

func isHex(c rune) bool { return c < 0x80 && strings.ContainsRune("0123456789abcdefABCDEF", c) }

// parseURI is java.net.URI: the authority, and whether there is a scheme.
func parseURI(s string) (authority string, schemed bool, err error) {
	rest := s
	if at := strings.IndexAny(s, ":/?#"); at >= 0 && s[at] == ':' {
		scheme := s[:at]
		rest, schemed = s[at+1:], true
		if scheme == "" || !uriCharacters(scheme, "+-.") || strings.ContainsFunc(scheme, notASCII) ||
			!unicode.IsLetter(rune(scheme[0])) || strings.Contains(scheme, "%") {
			return "", true, errMalformed
		}
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	if !uriCharacters(fragment, uriAny) {
		return "", schemed, errMalformed
	}
	if schemed && !strings.HasPrefix(rest, "/") {
		if rest == "" || !uriCharacters(rest, uriAny) {
			return "", true, errMalformed
		}
		return "", true, nil
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		end := strings.IndexAny(after, "/?")
		if end < 0 {
			end = len(after)
		}
		authority, rest = after[:end], after[end:]
		if authority == "" && rest == "" && !strings.Contains(s, "#") {
			return "", schemed, errMalformed
		}
	}
	path, query, _ := strings.Cut(rest, "?")
	if !uriCharacters(path, uriPath) || !uriCharacters(query, uriAny) {
		return "", schemed, errMalformed
	}
	if !strings.Contains(authority, "[") && !uriCharacters(authority, uriRegistry) {
		return "", schemed, errMalformed
	}
	return authority, schemed, nil
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

// checkURI is sun.security.x509.URIName: absolute, and a host that is one, where there is a host.
func checkURI(s string) error {
	authority, schemed, err := parseURI(s)
	if err != nil || !schemed {
		return errMalformed
	}
	host := authority[strings.LastIndex(authority, "@")+1:]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		address, port, closed := strings.Cut(inner, "]")
		ip, err := netip.ParseAddr(address)
		if !closed || err != nil || !ip.Is6() || port != "" && !isPort(port) {
			return errMalformed
		}
		return nil
	}
	if name, port, ok := strings.Cut(host, ":"); ok {
		if !isPort(":" + port) {
			return nil // no host for java.net.URI
		}
		host = name
	}
	if isURIHost(host) && strings.HasSuffix(host, ".") {
		return errMalformed
	}
	return nil
}

func isPort(s string) bool {
	digits, ok := strings.CutPrefix(s, ":")
	return ok && len(digits) <= 9 && !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// isURIHost is what java.net.URI takes for a host: labels of letters, digits and hyphens, the last of which begins with
// a letter.
func isURIHost(s string) bool {
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, func(r rune) bool {
			return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
		}) {
			return false
		}
	}
	return len(labels) == 1 || unicode.IsLetter(rune(labels[len(labels)-1][0]))
}

// checkURIRule is a name constraint on URIs: a host, or a domain with a dot in front, without a scheme.
func checkURIRule(s string) error {
	_, schemed, err := parseURI(s)
	if host := strings.TrimPrefix(s, "."); err != nil || schemed || !isDNSName(host) {
		return errMalformed
	}
	return nil
}

// isDNSName is sun.security.x509.DNSName of a text.
func isDNSName(s string) bool {
	if s == "" {
		return false
	}
	for l := range strings.SplitSeq(s, ".") {
		if l == "" || !isAlphanumeric(rune(l[0])) ||
			strings.ContainsFunc(l, func(r rune) bool { return !isAlphanumeric(r) && r != '-' }) {
			return false
		}
	}
	return true
}

func isAlphanumeric(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
