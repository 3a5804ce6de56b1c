package x500_test

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

func Example() {
	der, _ := hex.DecodeString("301c310b3009060355040613024445310d300b06035504030c04612c2062")
	for _, rdn := range x500.Parse(der) {
		keyword, _ := rdn[0].Keyword()
		text, _ := rdn[0].Text()
		fmt.Printf("%s %q\n", keyword, text)
	}
	fmt.Println(x500.RFC2253(der))
	// Output:
	// C "DE"
	// CN "a, b"
	// CN=a\, b,C=DE
}

// TestWideText: as JDK 25 prints them. Up to 17 it takes every string for UTF-8.
func TestWideText(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]asn1.RawValue{
		"BMP鍵":  {Tag: asn1.TagBMPString, Bytes: []byte("\x00B\x00M\x00P\x93\x75")},
		"T61 é": {Tag: asn1.TagT61String, Bytes: []byte("T61 \xe9")},
	} {
		if got, ok := (x500.Attribute{Value: v}).Text(); !ok || got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
