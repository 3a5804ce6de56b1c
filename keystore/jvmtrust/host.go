package jvmtrust

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// checkHost is sun.security.util.HostnameChecker for TLS: DNS names of the
// subject alternative names if there are any, else the CN; an IP address only
// ever by an alternative name of its kind.
func checkHost(host string, l link, release int) *Error {
	c, refuse := l.Certificate, l.refuse
	host = strings.TrimSuffix(host, ".")
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	if ip, ok := parseIP(host); ok {
		if extension(c, oidSubjectAltName) == nil {
			return refuse(ReasonNoName, "No subject alternative names present")
		}
		for _, have := range c.IPAddresses {
			if a, ok := netip.AddrFromSlice(have); ok && a.Unmap() == ip {
				return nil
			}
		}
		return refuse(ReasonName, "No subject alternative names matching IP address "+host+" found")
	}
	if host == "" {
		return refuse(ReasonName, "Hostname or IP address is undefined.")
	}
	if !isHostName(host) {
		return refuse(ReasonName, "Illegal given domain name: "+host)
	}
	matches := func(template string) bool { return nameMatches(host, template) }
	if len(c.DNSNames) > 0 {
		if slices.ContainsFunc(c.DNSNames, matches) {
			return nil
		}
		return refuse(ReasonName, "No subject alternative DNS name matching "+host+" found.")
	}
	cn, isText := commonName(c.RawSubject, release)
	if !isText {
		return refuse(ReasonName, "java.lang.NullPointerException (the common name is not a text)")
	}
	if cn != "" && matches(cn) {
		return nil
	}
	return refuse(ReasonName, "No name matching "+host+" found")
}

func isLetterDigitHyphen(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' }

// isHostName is what javax.net.ssl.SNIHostName takes: 1 to 63 letters, digits
// and hyphens in a label, no hyphen at its ends.
func isHostName(s string) bool {
	for l := range strings.SplitSeq(s, ".") {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.ContainsFunc(l,
				func(r rune) bool { return !isLetterDigitHyphen(r) && !unicode.IsMark(r) }) {
			return false
		}
	}
	return true
}

// nameMatches compares without case, label by label. An asterisk stands for
// any number of characters of a label, in whichever (since Java 24 only the
// first counts); a label must follow. *.com is as good as any other below an
// anchor of one's own.
func nameMatches(host, template string) bool {
	host, template = strings.ToLower(toUnicode(host)), strings.ToLower(toUnicode(template))
	if at := strings.LastIndex(template, "*"); at >= 0 && !strings.Contains(template[at:], ".") {
		return false
	}
	if !isHostName(strings.ReplaceAll(template, "*", "z")) {
		return false
	}
	return slices.EqualFunc(strings.Split(host, "."), strings.Split(template, "."), labelMatches)
}

func labelMatches(label, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return label == pattern
	}
	label, ok := strings.CutPrefix(label, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		if ok {
			_, label, ok = strings.Cut(label, p)
		}
	}
	return ok && strings.HasSuffix(label, parts[len(parts)-1])
}

// parseIP reads what Java takes for a literal address, forms like 127.1
// included. An IPv4 address within IPv6 is the IPv4 address; a zone is dropped.
func parseIP(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.WithZone("").Unmap(), true
	}
	parts := strings.Split(s, ".")
	if s == "" || len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, p := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		n, err := strconv.ParseUint(p, 10, 64)
		if err != nil || n > math.MaxUint32 || n>>bits != 0 {
			return netip.Addr{}, false
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(value)))), true
}

// commonName is the last of a subject, as X500Name.findMostSpecificAttribute takes
// it, and false where it is of a type in which Java sees no text.
func commonName(subject []byte, release int) (cn string, isText bool) {
	for _, rdn := range slices.Backward(x500.Parse(subject)) {
		for _, a := range rdn {
			if a.Type != oidCommonName {
				continue
			}
			if cn, isText = a.Text(); !isText && release >= 17 && a.Value.Tag == tagUniversalString {
				return universal(a.Value.Bytes), true
			}
			return cn, isText
		}
	}
	return "", true
}

const tagUniversalString = 28

// universal decodes UTF-32.
func universal(b []byte) string {
	var r []rune
	for ; len(b) >= 4; b = b[4:] {
		r = append(r, rune(binary.BigEndian.Uint32(b)))
	}
	return string(r)
}

func mostSpecificCN(subject []byte) string {
	cn, _ := commonName(subject, 11)
	return cn
}

// toUnicode decodes the labels of a name that are in Punycode (RFC 3492).
func toUnicode(name string) string {
	labels := strings.Split(name, ".")
	for i, l := range labels {
		if len(l) > 4 && strings.EqualFold(l[:4], "xn--") {
			if u, ok := decodePunycode(strings.ToLower(l[4:])); ok {
				labels[i] = u
			}
		}
	}
	return strings.Join(labels, ".")
}

func decodePunycode(s string) (string, bool) {
	const base, tmin, tmax, skew, damp = 36, 1, 26, 38, 700
	if len(s) > 63 {
		return "", false
	}
	var out []rune
	if at := strings.LastIndexByte(s, '-'); at >= 0 {
		out, s = []rune(s[:at]), s[at+1:]
	}
	n, i, bias := 128, 0, 72
	for len(s) > 0 {
		old, weight := i, 1
		for k := base; ; k += base {
			if len(s) == 0 {
				return "", false
			}
			digit := strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", s[0])
			s = s[1:]
			if digit < 0 || weight > math.MaxInt32 {
				return "", false
			}
			i += digit * weight
			t := min(max(k-bias, tmin), tmax)
			if digit < t {
				break
			}
			weight *= base - t
		}
		delta := (i - old) / 2
		if old == 0 {
			delta = i / damp
		}
		delta += delta / (len(out) + 1)
		bias = 0
		for delta > (base-tmin)*tmax/2 {
			delta /= base - tmin
			bias += base
		}
		bias += (base - tmin + 1) * delta / (delta + skew)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > unicode.MaxRune {
			return "", false
		}
		out = slices.Insert(out, i, rune(n))
		i++
	}
	return string(out), true
}
