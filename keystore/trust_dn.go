package keystore

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
)

type nameAttribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// parseName reads a distinguished name in DER, in the order of the
// certificate; nil when it is none.
func parseName(der []byte) [][]nameAttribute {
	var raw []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &raw); err != nil {
		return nil
	}
	rdns := make([][]nameAttribute, len(raw))
	for i, r := range raw {
		if _, err := asn1.UnmarshalWithParams(r.FullBytes, &rdns[i], "set"); err != nil {
			return nil
		}
	}
	return rdns
}

// canonicalName is the form in which Java compares names
// (X500Principal.equals): texts without regard to case, to the kind of string
// and to repeated or outer blanks. "" is the empty name.
func canonicalName(der []byte) string {
	rdns := parseName(der)
	if rdns == nil {
		return fmt.Sprintf("#%x", der)
	}
	var b strings.Builder
	for _, rdn := range rdns {
		b.WriteString(canonicalRDN(rdn) + "\n")
	}
	return b.String()
}

func canonicalRDN(rdn []nameAttribute) string {
	var parts []string
	for _, a := range rdn {
		text := fmt.Sprintf("#%x", a.Value.FullBytes)
		if _, known := attributeKeywords[a.Type.String()]; known && (a.Value.Tag == asn1.TagPrintableString || a.Value.Tag == asn1.TagUTF8String) {
			text = "=" + strings.ToLower(strings.ToUpper(strings.Join(strings.Fields(string(a.Value.Bytes)), " ")))
		}
		parts = append(parts, a.Type.String()+text)
	}
	slices.Sort(parts)
	return fmt.Sprintf("%q", parts)
}

// displayName is the form of X500Principal.toString, which Java's messages have.
func displayName(der []byte) string {
	var rdns []string
	for _, rdn := range slices.Backward(parseName(der)) {
		var parts []string
		for _, a := range rdn {
			keyword, known := attributeKeywords[a.Type.String()]
			switch {
			case a.Type.Equal(oidMailAddress):
				keyword = "EMAILADDRESS"
			case !known:
				keyword = "OID." + a.Type.String()
			}
			text, ok := directoryString(a.Value)
			if !ok {
				text = fmt.Sprintf("#%x", a.Value.FullBytes)
			} else if strings.ContainsAny(text, ",+=\n<>#;\\\"") || strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
				text = `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"`
			}
			parts = append(parts, keyword+"="+text)
		}
		rdns = append(rdns, strings.Join(parts, " + "))
	}
	return strings.Join(rdns, ", ")
}
