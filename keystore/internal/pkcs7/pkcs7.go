// Package pkcs7 pads and unpads plaintext for block ciphers in CBC or ECB mode (RFC 5652, section 6.3), which Java
// calls PKCS5Padding. It encrypts nothing. Begin with [Unpad].
package pkcs7

import "bytes"

// Pad returns a copy of b with 1 to size bytes added, so that its length is a multiple of size. The size is in bytes,
// at most 255.
func Pad(b []byte, size int) []byte {
	n := size - len(b)%size
	return append(bytes.Clone(b), bytes.Repeat([]byte{byte(n)}, n)...)
}

// Unpad returns b without its padding, and false where the padding is not that of blocks of size bytes: the key was
// wrong or the data is damaged. It does not run in constant time.
func Unpad(b []byte, size int) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	n := int(b[len(b)-1])
	if n == 0 || n > size || n > len(b) {
		return nil, false
	}
	for _, c := range b[len(b)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return b[:len(b)-n], true
}
