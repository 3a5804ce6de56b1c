package idmvalues

import (
	"crypto/aes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/pkcs7"
)

// ErrConsole means that boot.properties says CONSOLE: the server asks for the password when it starts, and no file
// has it.
var ErrConsole = errors.New("the password is asked for at the server's start and stands in no file")

// bootKey is the fixed key of OpenIDM's CRYPT form. It hides a password from a glance, not from a reader.
var bootKey = []byte{0xce, 0x32, 0xf0, 0xe6, 0x9d, 0xc3, 0x5e, 0x2d, 0x1a, 0x4b, 0xd9, 0xd4, 0xd0, 0xb5, 0x28, 0x04}

// DecodePassword reads a password in one of the forms of boot.properties: plain, OBF: (Jetty's obfuscation), CRYPT:,
// or CONSOLE in any case, which is [ErrConsole]. No error contains text of the password.
func DecodePassword(text string) (keystore.Password, error) {
	switch {
	case strings.EqualFold(text, "CONSOLE"):
		return keystore.Password{}, ErrConsole
	case strings.HasPrefix(text, "OBF:"):
		return decodeOBF(text[len("OBF:"):])
	case strings.HasPrefix(text, "CRYPT:"):
		return decodeCRYPT(text[len("CRYPT:"):])
	}
	return keystore.NewPassword(text), nil
}

// decodeOBF follows org.eclipse.jetty.util.security.Password.deobfuscate:
// groups of four base-36 digits, or five that begin with U for bytes beyond
// ASCII.
func decodeOBF(s string) (keystore.Password, error) {
	broken := errors.New("a password in the form OBF: is damaged")
	var out []byte
	for len(s) > 0 {
		wide := s[0] == 'U'
		if wide {
			s = s[1:]
		}
		if len(s) < 4 {
			return keystore.Password{}, broken
		}
		v, err := strconv.ParseUint(s[:4], 36, 32)
		if err != nil {
			return keystore.Password{}, broken
		}
		if wide {
			out = append(out, byte(v>>8))
		} else {
			out = append(out, byte((int(v/256)+int(v%256)-254)/2))
		}
		s = s[4:]
	}
	return keystore.NewPassword(string(out)), nil
}

func decodeCRYPT(s string) (keystore.Password, error) {
	data, err := hex.DecodeString(s)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return keystore.Password{}, errors.New("a password in the form CRYPT: is damaged")
	}
	block, err := aes.NewCipher(bootKey)
	if err != nil {
		return keystore.Password{}, fmt.Errorf("a password in the form CRYPT: %w", err)
	}
	for i := 0; i < len(data); i += aes.BlockSize { // ECB, as OpenIDM does
		block.Decrypt(data[i:], data[i:])
	}
	plain, ok := pkcs7.Unpad(data, aes.BlockSize)
	if !ok {
		return keystore.Password{}, errors.New("a password in the form CRYPT: is damaged")
	}
	return keystore.NewPassword(string(plain)), nil
}
