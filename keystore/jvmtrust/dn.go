package jvmtrust

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// canonicalName is the form in which Java compares names
// (X500Principal.equals): texts without regard to case, to the kind of string
// and to repeated or outer blanks. "" is the empty name.
func canonicalName(der []byte) string {
	rdns := x500.Parse(der)
	if rdns == nil {
		return fmt.Sprintf("#%x", der)
	}
	var b strings.Builder
	for _, rdn := range rdns {
		b.WriteString(canonicalRDN(rdn) + "\n")
	}
	return b.String()
}

func canonicalRDN(rdn []x500.Attribute) string {
	var parts []string
	for _, a := range rdn {
		text := fmt.Sprintf("#%x", a.Value.FullBytes)
		if _, known := a.Keyword(); known && (a.Value.Tag == asn1.TagPrintableString ||
			a.Value.Tag == asn1.TagUTF8String) {
			text = "=" + strings.ToLower(strings.ToUpper(strings.Join(strings.Fields(string(a.Value.Bytes)),
				" ")))
		}
		parts = append(parts, a.Type+text)
	}
	slices.Sort(parts)
	return fmt.Sprintf("%q", parts)
}

// displayName is the form of X500Principal.toString, which Java's messages have.
func displayName(der []byte) string {
	var rdns []string
	for _, rdn := range slices.Backward(x500.Parse(der)) {
		var parts []string
		for _, a := range rdn {
			keyword, known := a.Keyword()
			switch {
			case a.Type == oidMailAddress:
				keyword = "EMAILADDRESS"
			case !known:
				keyword = "OID." + a.Type
			}
			text, ok := a.Text()
			if !ok {
				text = fmt.Sprintf("#%x", a.Value.FullBytes)
			} else if strings.ContainsAny(text, ",+=\n<>#;\\\"") || strings.TrimSpace(text) != text ||
				strings.Contains(text, "  ") {
				text = `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"`
			}
			parts = append(parts, keyword+"="+text)
		}
		rdns = append(rdns, strings.Join(parts, " + "))
	}
	return strings.Join(rdns, ", ")
}
