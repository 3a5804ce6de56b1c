package idmvalues

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/pkcs7"
)

func openReal(t testing.TB) *keystore.Store {
	t.Helper()
	path := filepath.Join("..", "testdata", "fixtures", "openidm-7.0.2.jceks")
	s, err := keystore.Open(path, keystore.NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oneKey is a store whose one key, "k", is of 16 zero bytes.
func oneKey(t testing.TB) *keystore.Store {
	t.Helper()
	s := keystore.New(keystore.JCEKS)
	o := keystore.PutOptions{Password: keystore.NewPassword("p"), Iterations: 1}
	if err := s.PutSecretKey("k", "AES", make([]byte, 16), o); err != nil {
		t.Fatal(err)
	}
	return s
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestEncryptedValues(t *testing.T) {
	t.Parallel()
	var file struct {
		Values []struct {
			Value     json.RawMessage
			Plaintext json.RawMessage
		}
	}
	readJSON(t, "encrypted-values.json", &file)
	s := openReal(t)
	n := 0
	for i, v := range file.Values {
		if err := Opens(s, v.Value); err != nil {
			t.Errorf("value %d: %v", i, err)
		}
		digest, err := Digest(s, v.Value, []byte("run"))
		if err != nil || len(digest) != 32 {
			t.Errorf("value %d: %x, %v", i, digest, err)
		}
		doc := fmt.Appendf(nil, `{"x":1,"a/b":[null,{"c~":%s}]}`, v.Value)
		err = Scan(doc, func(pointer string, value []byte) error {
			n++
			if pointer != "/a~1b/1/c~0" {
				t.Errorf("pointer %s", pointer)
			}
			return Opens(s, value)
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n != len(file.Values) || n < 6 {
		t.Errorf("%d of %d values found", n, len(file.Values))
	}
	first := string(file.Values[0].Value)
	for name, c := range map[string]struct {
		value string
		want  error
	}{
		"other alias": {strings.Replace(first, "openidm-sym-default", "no-such", 1), keystore.ErrNoSuchAlias},
		"other key": {strings.Replace(first, "openidm-sym-default", "openidm-selfservice-key", 1),
			ErrDecrypt},
		"private key": {strings.Replace(first, "openidm-sym-default", "openidm-localhost", 1),
			keystore.ErrKind},
		"damaged data":  {strings.Replace(first, `"data": "`, `"data": "AA`, 1), ErrDecrypt},
		"other type":    {strings.Replace(first, "x-simple-encryption", "x-new", 1), ErrNotChecked},
		"other cipher":  {strings.Replace(first, "AES/CBC", "AES/GCM", 1), ErrNotChecked},
		"newer members": {strings.Replace(first, `"cipher"`, `"mac": "", "cipher"`, 1), ErrNotChecked},
		"no value":      {`{"a":1}`, ErrNotChecked},
	} {
		if err := Opens(s, []byte(c.value)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDigest: two servers' values compare by what they hold.
func TestDigest(t *testing.T) {
	t.Parallel()
	var file struct {
		Values []struct{ Value json.RawMessage }
	}
	readJSON(t, "encrypted-values.json", &file)
	s := openReal(t)
	seen := map[string]int{}
	for i, v := range file.Values {
		d, err := Digest(s, v.Value, []byte("run"))
		if err != nil {
			t.Fatal(err)
		}
		if j, ok := seen[string(d)]; ok {
			t.Errorf("values %d and %d have the same digest", i, j)
		}
		seen[string(d)] = i
		// Anew under another key and iv, in another store.
		plain, err := decrypt(s, v.Value)
		if err != nil {
			t.Fatal(err)
		}
		other := oneKey(t)
		again, err := Digest(other, encryptValue(t, make([]byte, 16), plain), []byte("run"))
		if err != nil || !bytes.Equal(d, again) {
			t.Errorf("value %d: %x and %x, %v", i, d, again, err)
		}
		if another, err := Digest(s, v.Value, []byte("another run")); err != nil || bytes.Equal(d, another) {
			t.Errorf("value %d: the run's key does not count, %v", i, err)
		}
	}
}

func encryptValue(t *testing.T, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	iv, data := []byte("0123456789abcdef"), pkcs7.Pad(plain, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return fmt.Appendf(nil, `{"$crypto":{"type":"x-simple-encryption","value":`+
		`{"cipher":"AES/CBC/PKCS5Padding","data":%q,"iv":%q,"key":"k"}}}`,
		base64.StdEncoding.EncodeToString(data), base64.StdEncoding.EncodeToString(iv))
}

// TestOpensSideBySide has many goroutines at one store; the race detector
// watches.
func TestOpensSideBySide(t *testing.T) {
	t.Parallel()
	var file struct {
		Values []struct{ Value json.RawMessage }
	}
	readJSON(t, "encrypted-values.json", &file)
	s := openReal(t)
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			if err := Opens(s, file.Values[i%len(file.Values)].Value); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// TestLongValues: a long value takes a few times its own length, and one beyond the limit is not looked at.
func TestLongValues(t *testing.T) {
	s := oneKey(t)
	long := func(size int) []byte {
		plain := fmt.Appendf(nil, `{"text":"%s"}`, strings.Repeat("long ", size/5))
		return encryptValue(t, make([]byte, 16), plain)
	}
	value := long(4 << 20)
	slashes := bytes.ReplaceAll(value, []byte("/"), []byte(`\/`))
	for name, value := range map[string][]byte{
		"as it is": value,
		"escaped":  bytes.ReplaceAll(value, []byte("="), []byte(`\u003d`)),
		"slashes":  bytes.ReplaceAll(slashes, []byte(`AES\/CBC\/`), []byte("AES/CBC/")),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := Opens(s, value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(8*len(value)) {
			t.Errorf("%s: %d bytes for a value of %d", name, n, len(value))
		}
	}
	if err := Opens(s, long(12<<20)); !errors.Is(err, ErrNotChecked) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// TestOpensJSONOnly: what decrypts to anything else was not written by the server.
func TestOpensJSONOnly(t *testing.T) {
	t.Parallel()
	s := oneKey(t)
	whole := []byte(`{"text":["long"]}`)
	if err := Opens(s, encryptValue(t, make([]byte, 16), whole)); err != nil {
		t.Error(err)
	}
	for n := range whole { // no part of it is JSON
		if err := Opens(s, encryptValue(t, make([]byte, 16), whole[:n])); !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s: %v", whole[:n], err)
		}
	}
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	if err := Opens(s, encryptValue(t, make([]byte, 16), []byte(deep))); !errors.Is(err, ErrDecrypt) {
		t.Errorf("nested deeper than encoding/json takes: %v", err)
	}
}

func FuzzEncryptedValue(f *testing.F) {
	f.Add([]byte(`{"a":[{"$crypto":{"type":"x-simple-encryption","value":` +
		`{"cipher":"AES/CBC/PKCS5Padding","data":"aaaa","iv":"bbbb","key":"k"}}}]}`))
	f.Add([]byte(`{"$crypto":{}}`))
	values, err := os.ReadFile("testdata/encrypted-values.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(values)
	s := keystore.New(keystore.JCEKS)
	f.Fuzz(func(t *testing.T, doc []byte) {
		Scan(doc, func(_ string, value []byte) error {
			if Opens(s, value) == nil {
				t.Fatal("an empty store opened a value")
			}
			return nil
		})
	})
}

func TestHashed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`{"$crypto":{"type":"salted-hash","value":{"algorithm":"SHA-256","data":"AA=="}}}`: true,
		`{"$crypto":{"value":{"algorithm":"BCRYPT"},"type":"salted-hash"}}`:                true,
		`{"$crypto":{"type":"x-simple-encryption","value":{"data":"salted-hash"}}}`:        false,
		`{"$crypto":{"type":["salted-hash"]}}`:                                             false,
		`{"type":"salted-hash"}`:                                                           false,
		`"salted-hash"`:                                                                    false,
	} {
		if Hashed([]byte(value)) != want {
			t.Errorf("%s: %v", value, !want)
		}
		found := 0
		err := Scan([]byte(`{"a":[`+value+`]}`), func(string, []byte) error { found++; return nil })
		if err != nil || found > 0 && want {
			t.Errorf("%s: %d found, %v", value, found, err)
		}
	}
}
