// Package keys has the key stores of a fake server as a first start leaves them,
// and encrypts values with their keys as a server does. Its only user is package
// openidmtest.
package keys

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

// SymmetricAlias is the key with which a server encrypts values.
const SymmetricAlias = "openidm-sym-default"

// Vault encrypts values as the server does: AES in CBC mode with PKCS#5
// padding over the JSON text of the value.
type Vault struct {
	block cipher.Block
	key   []byte
	// Salted: what is encrypted has the form of 7.x.
	Salted bool
}

// OpenVault takes the key from a key store. A store without it gives a vault
// that leaves values as they are.
func OpenVault(s *keystore.Store, p keystore.Password) (*Vault, error) {
	e, ok := s.Entry(SymmetricAlias)
	if !ok {
		return &Vault{}, nil
	}
	algorithm, key, err := e.SecretKey(p)
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", SymmetricAlias, err)
	}
	if algorithm != "AES" {
		return nil, fmt.Errorf("opening key %s: its algorithm is %s, not AES", SymmetricAlias, algorithm)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("opening key %s: %w", SymmetricAlias, err)
	}
	return &Vault{block: block, key: key}, nil
}

// Encrypt encrypts a value, each time otherwise.
func (v *Vault) Encrypt(value any) any {
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	if !v.Salted || v.block == nil {
		return v.EncryptWith(iv, value)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	sealed := (&Vault{block: v.derived(salt)}).EncryptWith(iv, value)
	inner, ok := crest.Lookup(sealed, []string{"$crypto", "value"})
	if !ok {
		return value
	}
	r := inner.(crest.Record)
	delete(r, "key")
	data, _ := base64.StdEncoding.DecodeString(r["data"].(string))
	mac := hmac.New(sha256.New, v.key)
	mac.Write(data)
	r["stableId"], r["salt"], r["keySize"] = SymmetricAlias, base64.StdEncoding.EncodeToString(salt), aes.BlockSize
	r["purpose"], r["mac"] = "idm.password.encryption", base64.StdEncoding.EncodeToString(mac.Sum(nil)[:16])
	return sealed
}

// derived is the key of a value with a salt. The members of the form are those of
// 7.x (H); how its key and its mac are made was not found, so this is made up: a
// client must not open it.
func (v *Vault) derived(salt []byte) cipher.Block {
	mac := hmac.New(sha256.New, v.key)
	mac.Write(salt)
	block, _ := aes.NewCipher(mac.Sum(nil)[:aes.BlockSize]) // of a length that it takes
	return block
}

// EncryptWith encrypts a value in the form that has no salt.
func (v *Vault) EncryptWith(iv [aes.BlockSize]byte, value any) any {
	text, err := crest.Encode(value)
	if v.block == nil || err != nil {
		return value
	}
	n := aes.BlockSize - len(text)%aes.BlockSize
	text = append(text, bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(v.block, iv[:]).CryptBlocks(text, text)
	return crest.Record{"$crypto": crest.Record{
		"type": "x-simple-encryption",
		"value": crest.Record{
			"cipher": "AES/CBC/PKCS5Padding",
			"data":   base64.StdEncoding.EncodeToString(text),
			"iv":     base64.StdEncoding.EncodeToString(iv[:]),
			"key":    SymmetricAlias,
		},
	}}
}

var errNotOpened = errors.New("the value does not open with the server's key")

// Decrypt returns the value behind an encrypted one; others are returned as
// they are.
func (v *Vault) Decrypt(value any) (any, error) {
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

// Rekey takes over the key of another vault.
func (v *Vault) Rekey(other *Vault) { v.block, v.key = other.block, other.key }
