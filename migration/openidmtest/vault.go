package openidmtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/keystore"
)

// symmetricAlias is the key with which a server encrypts values.
const symmetricAlias = "openidm-sym-default"

// vault encrypts values as the server does: AES in CBC mode with PKCS#5
// padding over the JSON text of the value.
type vault struct{ block cipher.Block }

// openVault takes the key from a key store. A store without it gives a vault
// that leaves values as they are.
func openVault(s *keystore.Store, p keystore.Password) (*vault, error) {
	e, ok := s.Entry(symmetricAlias)
	if !ok {
		return &vault{}, nil
	}
	algorithm, key, err := e.SecretKey(p)
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", symmetricAlias, err)
	}
	if algorithm != "AES" {
		return nil, fmt.Errorf("opening key %s: its algorithm is %s, not AES", symmetricAlias, algorithm)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", symmetricAlias, err)
	}
	return &vault{block}, nil
}

func (v *vault) encrypt(value any) any {
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	return v.encryptWith(iv, value)
}

func (v *vault) encryptWith(iv [aes.BlockSize]byte, value any) any {
	text, err := crest.Encode(value)
	if v.block == nil || err != nil {
		return value
	}
	n := aes.BlockSize - len(text)%aes.BlockSize
	text = append(text, bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(v.block, iv[:]).CryptBlocks(text, text)
	return record{"$crypto": record{
		"type": "x-simple-encryption",
		"value": record{
			"cipher": "AES/CBC/PKCS5Padding",
			"data":   base64.StdEncoding.EncodeToString(text),
			"iv":     base64.StdEncoding.EncodeToString(iv[:]),
			"key":    symmetricAlias,
		},
	}}
}

var errNotOpened = errors.New("the value does not open with the server's key")

// decrypt returns the value behind an encrypted one; others are returned as
// they are.
func (v *vault) decrypt(value any) (any, error) {
	sealed, ok := crest.Lookup(value, []string{"$crypto", "value"})
	if !ok {
		return value, nil
	}
	part := func(name string) []byte {
		text, _ := crest.Lookup(sealed, []string{name})
		s, _ := text.(string)
		b, _ := base64.StdEncoding.DecodeString(s)
		return b
	}
	data, iv := part("data"), part("iv")
	if v.block == nil || len(iv) != aes.BlockSize || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errNotOpened
	}
	cipher.NewCBCDecrypter(v.block, iv).CryptBlocks(data, data)
	n := int(data[len(data)-1])
	if n == 0 || n > aes.BlockSize || !bytes.HasSuffix(data, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errNotOpened
	}
	var out any
	if err := crest.Decode(data[:len(data)-n], &out); err != nil {
		return nil, errNotOpened
	}
	return out, nil
}
