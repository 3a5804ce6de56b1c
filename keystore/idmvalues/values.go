package idmvalues

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/pkcs7"
)

// ErrNotChecked means that an encrypted value has a form that this package does not know, or is longer than 16 MiB,
// so nothing is said about it.
var ErrNotChecked = errors.New("an encrypted value of a form that is not known")

// ErrDecrypt means that an encrypted value cannot be decrypted with the key that it names.
var ErrDecrypt = errors.New("the encrypted value does not open with the store's key")

const (
	maxValue = 16 << 20 // bytes of an encrypted value
	maxAlias = 64 << 10 // bytes of the alias in it; a key store has no longer ones

	simple = "x-simple-encryption"
	aesCBC = "AES/CBC/PKCS5Padding"
)

// Opens returns nil if an encrypted value of OpenIDM, {"$crypto":{…}} of the type x-simple-encryption, decrypts to
// JSON with the key of the store that it names. The plaintext is not given out. Errors match [ErrDecrypt],
// [keystore.ErrNoSuchAlias], [keystore.ErrKind], [keystore.ErrKeyPassword] or, for other forms and values longer than
// 16 MiB, [ErrNotChecked]. The store opens each key once; several goroutines may call Opens at once.
func Opens(store *keystore.Store, value []byte) error {
	plain, err := decrypt(store, value)
	clear(plain)
	return err
}

// Digest returns the HMAC-SHA256 of an encrypted value's plaintext under runKey: values of two servers compare by what
// they hold. Choose a random runKey for each comparison and do not keep it. Errors are those of [Opens].
func Digest(store *keystore.Store, value, runKey []byte) ([]byte, error) {
	plain, err := decrypt(store, value)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	h := hmac.New(sha256.New, runKey)
	h.Write(plain)
	return h.Sum(nil), nil
}

// decrypt returns the plaintext, which the caller clears.
func decrypt(store *keystore.Store, value []byte) ([]byte, error) {
	v, err := parse(value)
	if err != nil {
		return nil, err
	}
	_, key, err := store.SecretKey(v.key)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	iv, err := base64.StdEncoding.DecodeString(v.iv)
	if err != nil || len(iv) != aes.BlockSize {
		return nil, fmt.Errorf("%w: its iv is damaged", ErrDecrypt)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: the key %q is not an AES key", ErrDecrypt, v.key)
	}
	data, err := base64.StdEncoding.DecodeString(v.data)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: its data is damaged", ErrDecrypt)
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	plain, ok := pkcs7.Unpad(data, aes.BlockSize)
	if !ok || !json.Valid(plain) {
		clear(data)
		return nil, fmt.Errorf("%w: %q", ErrDecrypt, v.key)
	}
	return plain, nil
}

// encrypted is x-simple-encryption.
type encrypted struct {
	key, data, iv string // the last two in Base64
}

// parse takes member names in their exact case, as the server does.
func parse(value []byte) (v encrypted, err error) {
	notChecked := func(format string, args ...any) (encrypted, error) {
		return v, fmt.Errorf("%w: %s", ErrNotChecked, fmt.Sprintf(format, args...))
	}
	if len(value) > maxValue {
		return notChecked("longer than %d bytes", maxValue)
	}
	if !json.Valid(value) {
		return notChecked("not JSON")
	}
	inner := members(members(value)["$crypto"])
	kind, ok := text(inner["type"])
	switch {
	case !ok:
		return notChecked("no $crypto with a type")
	case kind != simple:
		return notChecked("type %.40q", kind)
	}
	content := members(inner["value"])
	method, known := "", len(content) == 4 // newer forms have a salt, a mac, a purpose
	for name, member := range map[string]*string{"cipher": &method, "data": &v.data, "iv": &v.iv, "key": &v.key} {
		*member, ok = text(content[name])
		known = known && ok
	}
	if !known || len(v.key) > maxAlias {
		return notChecked("members other than cipher, data, iv and key")
	}
	if method != aesCBC {
		return notChecked("cipher %.40q", method)
	}
	return v, nil
}

// Hashed reports whether a value is {"$crypto":…} of type salted-hash, which no key opens and none is needed for. It is
// compared as it is.
func Hashed(value []byte) bool {
	if !bytes.Contains(value, []byte("salted-hash")) {
		return false
	}
	kind, _ := text(members(members(value)["$crypto"])["type"])
	return kind == "salted-hash"
}

// members returns those of an object, with their values as they stand there; nil where it is none.
func members(object []byte) (m map[string]json.RawMessage) {
	if json.Unmarshal(object, &m) != nil {
		return nil
	}
	return m
}

// text returns a JSON string.
func text(value json.RawMessage) (s string, ok bool) {
	if !bytes.HasPrefix(value, []byte(`"`)) {
		return "", false
	}
	return s, json.Unmarshal(value, &s) == nil
}
