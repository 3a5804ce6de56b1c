package pkcs7_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/pkcs7"
)

func Example() {
	padded := pkcs7.Pad([]byte("secret"), 8)
	fmt.Printf("%q\n", padded)
	plain, ok := pkcs7.Unpad(padded, 8)
	fmt.Printf("%q %v\n", plain, ok)
	// Output:
	// "secret\x02\x02"
	// "secret" true
}

func TestUnpad(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		plain := bytes.Repeat([]byte{3}, n)
		padded := pkcs7.Pad(plain, 16)
		if got, ok := pkcs7.Unpad(padded, 16); !ok || !bytes.Equal(got, plain) || len(padded)%16 != 0 {
			t.Errorf("%d bytes: %x, %v", n, padded, ok)
		}
	}
	for _, damaged := range []string{"", "\x00", "\x02", "a\x02", "ab\x01\x02",
		"\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"} {
		if got, ok := pkcs7.Unpad([]byte(damaged), 16); ok {
			t.Errorf("%q: %q", damaged, got)
		}
	}
}
