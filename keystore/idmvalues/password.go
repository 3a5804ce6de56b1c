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
	if strings.EqualFold(text, "CONSOLE") {
		return keystore.Password{}, ErrConsole
	}
	for form, decode := range map[string]func(string) ([]byte, bool){"OBF:": decodeOBF, "CRYPT:": decodeCRYPT} {
		hidden, ok := strings.CutPrefix(text, form)
		if !ok {
			continue
		}
		plain, ok := decode(hidden)
		if !ok {
			return keystore.Password{}, fmt.Errorf("a password in the form %s is damaged", form)
		}
		return keystore.NewPassword(string(plain)), nil
	}
	return keystore.NewPassword(text), nil
}

// decodeOBF follows org.eclipse.jetty.util.security.Password.deobfuscate:
// groups of four base-36 digits, or five that begin with U for bytes beyond
// ASCII.
func decodeOBF(s string) (plain []byte, ok bool) {
	for s != "" {
		digits, wide := strings.CutPrefix(s, "U")
		if len(digits) < 4 {
			return nil, false
		}
		v, err := strconv.ParseUint(digits[:4], 36, 32)
		switch {
		case err != nil:
			return nil, false
		case wide:
			plain = append(plain, byte(v>>8))
		default:
			plain = append(plain, byte((int(v/256)+int(v%256)-254)/2))
		}
		s = digits[4:]
	}
	return plain, true
}

func decodeCRYPT(s string) (plain []byte, ok bool) {
	data, err := hex.DecodeString(s)
	if err != nil || len(data)%aes.BlockSize != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(bootKey)
	if err != nil {
		return nil, false
	}
	for i := 0; i < len(data); i += aes.BlockSize { // ECB, as OpenIDM does
		block.Decrypt(data[i:], data[i:])
	}
	return pkcs7.Unpad(data, aes.BlockSize)
}
