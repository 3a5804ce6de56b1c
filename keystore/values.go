package keystore

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
	"io"
	"strconv"
	"strings"
)

// ErrNotChecked: an encrypted value has a form that this package does not
// know, so nothing is said about it.
var ErrNotChecked = errors.New("an encrypted value of a form that is not known")

// ErrValue: an encrypted value does not open with the store's key.
var ErrValue = errors.New("the encrypted value does not open with the store's key")

// maxValueDepth bounds the nesting of JSON that is read.
const maxValueDepth = 1000

type cryptoValue struct {
	Crypto struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"$crypto"`
}

type simpleEncryption struct {
	Cipher string `json:"cipher"`
	Data   string `json:"data"`
	IV     string `json:"iv"`
	Key    string `json:"key"`
}

// Opens proves that an encrypted value of OpenIDM, {"$crypto":{…}} of the type
// x-simple-encryption, decrypts to JSON with the key that it names. The
// plaintext is not given out. Errors match [ErrValue], [ErrNoSuchAlias],
// [ErrKeyPassword] or, for other forms, [ErrNotChecked]. Keys are opened once;
// several goroutines may call it at once.
func (s *Store) Opens(value []byte) error {
	plain, err := s.decrypt(value)
	if err != nil {
		return err
	}
	clear(plain)
	return nil
}

// Digest is an HMAC-SHA256 of the plaintext of an encrypted value under
// runKey, so that values of two servers can be compared by what they hold.
// runKey should be random and live only as long as the comparison. Errors are
// as of [Store.Opens].
func (s *Store) Digest(value, runKey []byte) ([]byte, error) {
	plain, err := s.decrypt(value)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	h := hmac.New(sha256.New, runKey)
	h.Write(plain)
	return h.Sum(nil), nil
}

func (s *Store) decrypt(value []byte) ([]byte, error) {
	var outer cryptoValue
	if err := json.Unmarshal(value, &outer); err != nil || outer.Crypto.Type == "" {
		return nil, fmt.Errorf("%w: no $crypto with a type", ErrNotChecked)
	}
	var v simpleEncryption
	d := json.NewDecoder(bytes.NewReader(outer.Crypto.Value))
	d.DisallowUnknownFields() // salt, mac, purpose …: newer forms
	switch {
	case outer.Crypto.Type != "x-simple-encryption":
		return nil, fmt.Errorf("%w: type %.40q", ErrNotChecked, outer.Crypto.Type)
	case d.Decode(&v) != nil:
		return nil, fmt.Errorf("%w: members other than cipher, data, iv and key", ErrNotChecked)
	case v.Cipher != "AES/CBC/PKCS5Padding":
		return nil, fmt.Errorf("%w: cipher %.40q", ErrNotChecked, v.Cipher)
	}
	k := s.secretKey(v.Key)
	if k.err != nil {
		return nil, k.err
	}
	data, err := base64.StdEncoding.DecodeString(v.Data)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: its data is damaged", ErrValue)
	}
	iv, err := base64.StdEncoding.DecodeString(v.IV)
	if err != nil || len(iv) != aes.BlockSize {
		return nil, fmt.Errorf("%w: its iv is damaged", ErrValue)
	}
	block, err := aes.NewCipher(k.key)
	if err != nil {
		return nil, fmt.Errorf("%w: the key %q is no AES key", ErrValue, v.Key)
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	plain, ok := unpad(data, aes.BlockSize)
	if !ok || !json.Valid(plain) {
		clear(data)
		return nil, fmt.Errorf("%w: %q", ErrValue, v.Key)
	}
	return plain, nil
}

// secretKey opens a key once.
func (s *Store) secretKey(alias string) secretKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[alias]; ok {
		return k
	}
	var k secretKey
	if e, ok := s.Entry(alias); !ok {
		k.err = fmt.Errorf("%w: %q", ErrNoSuchAlias, alias)
	} else {
		k.algorithm, k.key, k.err = e.SecretKey(s.passwordOf(e))
	}
	// Aliases come from a server: a store has a bounded number of its own.
	if s.keys == nil {
		s.keys = map[string]secretKey{}
	}
	if len(s.keys) < len(s.entries)+100 {
		s.keys[alias] = k
	}
	return k
}

// ScanEncrypted calls found for every {"$crypto":…} in a JSON document, at any
// depth up to 1,000, with its JSON pointer (RFC 6901) and its text. It reads the
// document once and stops at the first error of found.
func ScanEncrypted(doc []byte, found func(pointer string, value []byte) error) error {
	if !bytes.Contains(doc, []byte("$crypto")) && !bytes.Contains(doc, []byte(`\u`)) {
		if !json.Valid(doc) {
			return errors.New("looking for encrypted values: not JSON")
		}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var open []level
	inside := 0 // how many levels were open when an encrypted value began
	for {
		t, err := d.Token()
		if err == io.EOF && len(open) == 0 {
			return nil
		}
		if err != nil {
			return scanError(err)
		}
		if t == json.Delim('}') || t == json.Delim(']') {
			done := open[len(open)-1]
			open = open[:len(open)-1]
			if inside > len(open) {
				inside = 0
				if err := found(pointer(open), doc[done.start:d.InputOffset()]); err != nil {
					return err
				}
			}
			continue
		}
		if len(open) > 0 {
			l := &open[len(open)-1]
			if name, ok := t.(string); ok && l.object && !l.named {
				l.name, l.named = name, true
				if name == "$crypto" && inside == 0 {
					inside = len(open)
				}
				continue
			}
			l.named = false
			l.index++
		}
		if t == json.Delim('{') || t == json.Delim('[') {
			if len(open) == maxValueDepth {
				return fmt.Errorf("looking for encrypted values: nested deeper than %d", maxValueDepth)
			}
			open = append(open, level{object: t == json.Delim('{'), start: d.InputOffset() - 1})
		}
	}
}

// level is an object or an array that the scan is in.
type level struct {
	object bool
	start  int64
	name   string // of the member
	named  bool   // its value is to come
	index  int    // of the element, from 1
}

func pointer(levels []level) string {
	var b strings.Builder
	for _, l := range levels {
		name := strconv.Itoa(l.index - 1)
		if l.object {
			name = strings.NewReplacer("~", "~0", "/", "~1").Replace(l.name)
		}
		b.WriteString("/" + name)
	}
	return b.String()
}

func scanError(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("looking for encrypted values: %w", err)
}
