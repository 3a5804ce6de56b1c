package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestPBEVectors(t *testing.T) {
	t.Parallel()
	var vectors []struct {
		Password, Salt, Plaintext, Ciphertext string
		Iterations                            int
	}
	readJSON(t, "pbe-vectors.json", &vectors)
	if len(vectors) < 7 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for i, v := range vectors {
		salt, _ := hex.DecodeString(v.Salt)
		got, err := pbeEncrypt(NewPassword(v.Password), pbeParams{salt, v.Iterations}, []byte(v.Plaintext))
		if err != nil || hex.EncodeToString(got) != v.Ciphertext {
			t.Errorf("vector %d: %x, %v", i, got, err)
		}
	}
}

func openReal(t testing.TB) *Store {
	t.Helper()
	s, err := Decode(bytes.NewReader(fixture(t, "openidm-7.0.2.jceks")), NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	return s
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
		if err := s.Opens(v.Value); err != nil {
			t.Errorf("value %d: %v", i, err)
		}
		digest, err := s.Digest(v.Value, []byte("run"))
		if err != nil || len(digest) != 32 {
			t.Errorf("value %d: %x, %v", i, digest, err)
		}
		doc := fmt.Appendf(nil, `{"x":1,"a/b":[null,{"c~":%s}]}`, v.Value)
		err = ScanEncrypted(doc, func(pointer string, value []byte) error {
			n++
			if pointer != "/a~1b/1/c~0" {
				t.Errorf("pointer %s", pointer)
			}
			return s.Opens(value)
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
		"other alias":   {strings.Replace(first, "openidm-sym-default", "no-such", 1), ErrNoSuchAlias},
		"other key":     {strings.Replace(first, "openidm-sym-default", "openidm-selfservice-key", 1), ErrValue},
		"private key":   {strings.Replace(first, "openidm-sym-default", "openidm-localhost", 1), ErrKind},
		"damaged data":  {strings.Replace(first, `"data": "`, `"data": "AA`, 1), ErrValue},
		"other type":    {strings.Replace(first, "x-simple-encryption", "x-new", 1), ErrNotChecked},
		"other cipher":  {strings.Replace(first, "AES/CBC", "AES/GCM", 1), ErrNotChecked},
		"newer members": {strings.Replace(first, `"cipher"`, `"mac": "", "cipher"`, 1), ErrNotChecked},
		"no value":      {`{"a":1}`, ErrNotChecked},
	} {
		if err := s.Opens([]byte(c.value)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScanEncrypted(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 999) + `{"$crypto":1}` + strings.Repeat(`]`, 999)
	for name, c := range map[string]struct {
		doc  string
		want []string // pointer and value; nil: an error
	}{
		"none":               {`{"a":[1,"x",null]}`, []string{}},
		"the document":       {` {"$crypto":{}} `, []string{` {"$crypto":{}}`}},
		"escaped name":       {`[{"\u0024\u0063rypto":{"a":1}}]`, []string{`/0 {"\u0024\u0063rypto":{"a":1}}`}},
		"second in an array": {`{"a":[[1],{"$crypto":{}},"s"]}`, []string{`/a/1 {"$crypto":{}}`}},
		"one in another":     {`{"a":{"$crypto":{"$crypto":{}}},"b":{"$crypto":2}}`, []string{`/a {"$crypto":{"$crypto":{}}}`, `/b {"$crypto":2}`}},
		"after others":       {`{"a":{"x":{"y":[]},"$crypto":{}}}`, []string{`/a {"x":{"y":[]},"$crypto":{}}`}},
		"name with slashes":  {`{"a/~b":{"$crypto":{}}}`, []string{`/a~1~0b {"$crypto":{}}`}},
		"a text only":        {`{"a":"$crypto","$cryptography":1}`, []string{}},
		"just deep enough":   {deep, []string{strings.Repeat("/0", 999) + ` {"$crypto":1}`}},
		"too deep":           {`[` + deep + `]`, nil},
		"cut off":            {`{"a":{"$crypto":{`, nil},
		"cut off, no value":  {`{"a":`, nil},
		"two documents":      {`{"$crypto":{}} ]`, nil},
		"huge number":        {`{"a":1e9999,"b":{"$crypto":{}}}`, []string{`/b {"$crypto":{}}`}},
	} {
		got := []string{}
		err := ScanEncrypted([]byte(c.doc), func(pointer string, value []byte) error {
			got = append(got, pointer+" "+string(value))
			return nil
		})
		if (err == nil) != (c.want != nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	stop := errors.New("stop")
	if err := ScanEncrypted([]byte(`[{"$crypto":1},{"$crypto":2}]`), func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
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
		d, err := s.Digest(v.Value, []byte("run"))
		if err != nil {
			t.Fatal(err)
		}
		if j, ok := seen[string(d)]; ok {
			t.Errorf("values %d and %d have the same digest", i, j)
		}
		seen[string(d)] = i
		// Anew under another key and iv, in another store.
		var clear bytes.Buffer
		if err := s.decrypt(v.Value, &clear); err != nil {
			t.Fatal(err)
		}
		plain := clear.Bytes()
		other := mustPut(t, "k", "AES")
		again, err := other.Digest(encryptValue(t, make([]byte, 16), plain), []byte("run"))
		if err != nil || !bytes.Equal(d, again) {
			t.Errorf("value %d: %x and %x, %v", i, d, again, err)
		}
		if another, err := s.Digest(v.Value, []byte("another run")); err != nil || bytes.Equal(d, another) {
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
	iv, data := []byte("0123456789abcdef"), pad(plain, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return fmt.Appendf(nil, `{"$crypto":{"type":"x-simple-encryption","value":{"cipher":"AES/CBC/PKCS5Padding","data":%q,"iv":%q,"key":"k"}}}`,
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
			if err := s.Opens(file.Values[i%len(file.Values)].Value); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestBootPasswords(t *testing.T) {
	t.Parallel()
	var file struct {
		Passwords []struct{ Plaintext, OBF, CRYPT string }
	}
	readJSON(t, "boot-passwords.json", &file)
	if len(file.Passwords) < 3 {
		t.Fatal("no passwords")
	}
	for _, p := range file.Passwords {
		for _, form := range []string{p.Plaintext, p.OBF, p.CRYPT} {
			got, err := DecodeBootPassword(form)
			if err != nil || got.Reveal() != p.Plaintext {
				t.Errorf("%s: %q, %v", form, got.Reveal(), err)
			}
		}
	}
	if _, err := DecodeBootPassword("CONSOLE"); !errors.Is(err, ErrConsolePassword) {
		t.Error(err)
	}
}

func TestPasswordDoesNotLeak(t *testing.T) {
	t.Parallel()
	p := NewPassword("hush-hush")
	nested := struct{ p Password }{p}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, p)
		fmt.Fprintf(&out, verb, nested)
		fmt.Fprintf(&out, verb, &nested)
	}
	j, err := json.Marshal(map[string]any{"p": p})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	if s := out.String(); strings.Contains(s, "hush") || strings.Contains(s, hex.EncodeToString([]byte("hush"))) {
		t.Error(s)
	}
}

// TestOpensInConstantMemory: a value of 16 MB takes no more than a small one.
func TestOpensInConstantMemory(t *testing.T) {
	s := mustPut(t, "k", "AES")
	size := 16 << 20
	if testing.Short() {
		size = 4 << 20
	}
	plain := fmt.Appendf(nil, `{"text":"%s"}`, strings.Repeat("long ", size/5))
	value := encryptValue(t, make([]byte, 16), plain)
	for name, value := range map[string][]byte{
		"as it is": value,
		"escaped":  bytes.ReplaceAll(value, []byte("="), []byte(`\u003d`)),
		"slashes":  bytes.ReplaceAll(bytes.ReplaceAll(value, []byte("/"), []byte(`\/`)), []byte(`AES\/CBC\/`), []byte("AES/CBC/")),
	} {
		if err := s.Opens(value); err != nil { // opens the key
			t.Fatalf("%s: %v", name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := s.Opens(value); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 256<<10 {
			t.Errorf("%s: %d bytes for a value of %d", name, n, len(value))
		}
	}
	small := []byte(`{"text":["long"]}`)
	for n := range small { // no part of it is JSON
		if err := s.Opens(encryptValue(t, make([]byte, 16), small[:n])); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v", small[:n], err)
		}
	}
}

// jsonTexts are for checkers of JSON to agree on.
var jsonTexts = []string{
	"", " ", "1", "-", "-0", "01", "1.", "1.5", "1e", "1e+", "1e+5", "-1E-07", ".5", "+1", "true", "tru", "nulll", "null ", " false", "[]", "[1,]", "[,1]",
	"[1 2]", "{}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1,"b":[{}]}`, `{1:2}`, `"a`, `"a"`, `"\n\u00aF\""`, `"\x"`, `"\u12g4"`, "\"\x01\"", `"` + "\xff" + `"`,
	"[[[", "]", "}", "[}", "{]", `{"a":1]`, "[1}", "1 1", `""""`, "[1],", `{"a" : [ 1 , 2 ] }`, `{"\u0061\/":-0.0e-0}`, "nul", "0x", "1,2", ":", `{"a":1 "b":2}`,
}

// TestJSONChecker: it agrees with encoding/json, on all pieces that a text can
// come in.
func TestJSONChecker(t *testing.T) {
	t.Parallel()
	texts := append([]string{strings.Repeat("[", 9999) + strings.Repeat("]", 9999), strings.Repeat("[", 10001) + strings.Repeat("]", 10001), strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)}, jsonTexts...)
	for _, text := range texts {
		checkJSON(t, []byte(text))
	}
}

func checkJSON(t *testing.T, text []byte) {
	t.Helper()
	var whole, single jsonChecker
	whole.Write(text)
	for i := range text {
		single.Write(text[i : i+1])
	}
	if want := json.Valid(text); whole.valid() != want || single.valid() != want {
		t.Errorf("%.80q: valid %v, we say %v and %v", text, want, whole.valid(), single.valid())
	}
}

// FuzzJSONChecker compares with encoding/json, and reads members as it does.
func FuzzJSONChecker(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkJSON(t, text)
		if !json.Valid(text) {
			return
		}
		got := map[string]string{}
		if isObject := members(text, func(name string, value []byte) {
			if !json.Valid(value) {
				t.Fatalf("%q: %q has the value %q", text, name, value)
			}
			got[name] = string(value)
		}); !isObject {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if len(name) < 15 && got[name] != string(value) {
				t.Fatalf("%q: %q is %q, not %q", text, name, got[name], value)
			}
		}
	})
}
