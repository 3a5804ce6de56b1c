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

// Opens proves that an encrypted value of OpenIDM, {"$crypto":{…}} of the type
// x-simple-encryption, decrypts to JSON with the key that it names. The
// plaintext is not given out, nor ever held as a whole: beside the value itself
// some kilobytes are needed, however long it is. Errors match [ErrValue],
// [ErrNoSuchAlias], [ErrKeyPassword] or, for other forms, [ErrNotChecked]. Keys
// are opened once; several goroutines may call it at once.
func (s *Store) Opens(value []byte) error { return s.decrypt(value, io.Discard) }

// Digest is an HMAC-SHA256 of the plaintext of an encrypted value under
// runKey, so that values of two servers can be compared by what they hold.
// runKey should be random and live only as long as the comparison. Errors are
// as of [Store.Opens].
func (s *Store) Digest(value, runKey []byte) ([]byte, error) {
	h := hmac.New(sha256.New, runKey)
	if err := s.decrypt(value, h); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

// decrypt writes the plaintext in pieces; what was written counts only when
// there is no error.
func (s *Store) decrypt(value []byte, w io.Writer) error {
	v, err := parseEncrypted(value)
	if err != nil {
		return err
	}
	k := s.secretKey(v.key)
	if k.err != nil {
		return k.err
	}
	iv, err := io.ReadAll(io.LimitReader(v.iv, 2*aes.BlockSize))
	if err != nil || len(iv) != aes.BlockSize {
		return fmt.Errorf("%w: its iv is damaged", ErrValue)
	}
	block, err := aes.NewCipher(k.key)
	if err != nil {
		return fmt.Errorf("%w: the key %q is no AES key", ErrValue, v.key)
	}
	var check jsonChecker
	ok, err := decryptCBC(cipher.NewCBCDecrypter(block, iv), v.data, io.MultiWriter(&check, w))
	if err != nil {
		return fmt.Errorf("%w: its data is damaged", ErrValue)
	}
	if !ok || !check.valid() {
		return fmt.Errorf("%w: %q", ErrValue, v.key)
	}
	return nil
}

// decryptCBC keeps the last block back, whose padding it says the truth of. An
// error is one of the data's form.
func decryptCBC(mode cipher.BlockMode, data io.Reader, w io.Writer) (ok bool, err error) {
	buf := make([]byte, 4096)
	defer clear(buf)
	held := 0 // decrypted bytes at the beginning of buf
	for {
		n, err := io.ReadFull(data, buf[held:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last || n%aes.BlockSize != 0 {
			return false, errors.New("not in whole blocks")
		}
		mode.CryptBlocks(buf[held:held+n], buf[held:held+n])
		n += held
		if last {
			if n == 0 {
				return false, errors.New("empty")
			}
			plain, ok := unpad(buf[:n], aes.BlockSize)
			w.Write(plain)
			return ok, nil
		}
		w.Write(buf[:n-aes.BlockSize])
		held = copy(buf, buf[n-aes.BlockSize:n])
	}
}

// encryptedValue is x-simple-encryption.
type encryptedValue struct {
	key      string
	data, iv io.Reader // decoded
}

func parseEncrypted(value []byte) (v encryptedValue, err error) {
	notChecked := func(format string, args ...any) (encryptedValue, error) {
		return v, fmt.Errorf("%w: %s", ErrNotChecked, fmt.Sprintf(format, args...))
	}
	if !json.Valid(value) {
		return notChecked("no JSON")
	}
	var inner, form, content []byte
	members(value, func(name string, m []byte) {
		if name == "$crypto" {
			inner = m
		}
	})
	members(inner, func(name string, m []byte) {
		switch name {
		case "type":
			form = m
		case "value":
			content = m
		}
	})
	kind, ok := shortText(form)
	switch {
	case !ok:
		return notChecked("no $crypto with a type")
	case kind != "x-simple-encryption":
		return notChecked("type %.40q", kind)
	}
	found := map[string][]byte{}
	known := 0
	members(content, func(name string, m []byte) {
		found[name] = m
		known++ // also what comes twice
	})
	cipherName, _ := shortText(found["cipher"]) // "" is no cipher that is known
	data, iv := found["data"], found["iv"]
	if v.key, ok = shortText(found["key"]); !ok || known != 4 || len(data) == 0 || len(iv) == 0 || data[0] != '"' || iv[0] != '"' {
		return notChecked("members other than cipher, data, iv and key") // salt, mac, purpose …: newer forms
	}
	if cipherName != "AES/CBC/PKCS5Padding" {
		return notChecked("cipher %.40q", cipherName)
	}
	v.data, v.iv = decodeText(data), decodeText(iv)
	return v, nil
}

// shortText is a JSON string of at most some kilobytes, an alias or a name.
func shortText(text []byte) (s string, ok bool) {
	if len(text) < 2 || len(text) > 400_000 || text[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(text, &s) == nil
}

// decodeText decodes the Base64 of a JSON string.
func decodeText(text []byte) io.Reader {
	text = text[1 : len(text)-1]
	var r io.Reader = bytes.NewReader(text)
	if bytes.IndexByte(text, '\\') >= 0 {
		r = &unescaper{text}
	}
	return base64.NewDecoder(base64.StdEncoding, r)
}

// unescaper reads the inside of a JSON string of which only ASCII is wanted:
// some write a slash as \/, or = as \u003d.
type unescaper struct{ text []byte }

func (u *unescaper) Read(p []byte) (n int, err error) {
	for n < len(p) && len(u.text) > 0 {
		x, size := u.text[0], 1
		if x == '\\' { // the string is valid, so the rest of the escape is there
			x, size = u.text[1], 2
			switch x {
			case 'n':
				x = '\n'
			case 'r':
				x = '\r'
			case 'u':
				v, err := strconv.ParseUint(string(u.text[2:6]), 16, 16)
				if x, size = byte(v), 6; err != nil || v > 0x7e {
					x = '!' // which is not in Base64
				}
			case '/':
			default:
				x = '!'
			}
		}
		p[n], u.text = x, u.text[size:]
		n++
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// secretKey opens a key once.
func (s *Store) secretKey(alias string) secretKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[alias]; ok {
		return k
	}
	var k secretKey
	e, ok := s.Entry(alias)
	switch {
	case !ok:
		k.err = fmt.Errorf("%w: %q", ErrNoSuchAlias, alias)
	case e.Kind != SecretKey:
		k.err = fmt.Errorf("entry %q: %w: it is no secret key", alias, ErrKind)
	default:
		opened := openKey(e, s.passwordsOf(e))
		k = secretKey{opened.Algorithm, opened.Key, opened.Err}
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
