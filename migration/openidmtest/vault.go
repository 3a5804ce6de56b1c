package openidmtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
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
type vault struct {
	block cipher.Block
	key   []byte
	// salted: what is encrypted has the form of 7.x.
	salted bool
}

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
	return &vault{block: block, key: key}, nil
}

func (v *vault) encrypt(value any) any {
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	if !v.salted || v.block == nil {
		return v.encryptWith(iv, value)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	sealed := (&vault{block: v.derived(salt)}).encryptWith(iv, value)
	inner, ok := crest.Lookup(sealed, []string{"$crypto", "value"})
	if !ok {
		return value
	}
	r := inner.(record)
	delete(r, "key")
	data, _ := base64.StdEncoding.DecodeString(r["data"].(string))
	mac := hmac.New(sha256.New, v.key)
	mac.Write(data)
	r["stableId"], r["salt"], r["keySize"] = symmetricAlias, base64.StdEncoding.EncodeToString(salt), aes.BlockSize
	r["purpose"], r["mac"] = "idm.password.encryption", base64.StdEncoding.EncodeToString(mac.Sum(nil)[:16])
	return sealed
}

// derived is the key of a value with a salt. The members of the form are those of
// 7.x (H); how its key and its mac are made was not found, so this is made up: a
// client must not open it.
func (v *vault) derived(salt []byte) cipher.Block {
	mac := hmac.New(sha256.New, v.key)
	mac.Write(salt)
	block, _ := aes.NewCipher(mac.Sum(nil)[:aes.BlockSize]) // of a length that it takes
	return block
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
	block := v.block
	if salt := part("salt"); len(salt) > 0 {
		block = v.derived(salt)
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
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
