package verify

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
)

// keyStore returns a store that holds one key, under the alias that servers
// use, and a function that encrypts as they do.
func keyStore(t *testing.T) (*keystore.Store, func(plain, iv string) string) {
	t.Helper()
	const alias = "openidm-sym-default"
	key := []byte("0123456789abcdef")
	password := keystore.NewPassword("changeit")
	made := keystore.New(keystore.JCEKS)
	if err := made.PutSecretKey(alias, "AES", key, keystore.PutOptions{Password: password,
		Iterations: 1000}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := made.Encode(&file, password); err != nil {
		t.Fatal(err)
	}
	store, err := keystore.Decode(&file, password)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	return store, func(plain, iv string) string {
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		data := append([]byte(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
		cipher.NewCBCEncrypter(block, []byte(iv)).CryptBlocks(data, data)
		return fmt.Sprintf(`{"$crypto":{"type":"x-simple-encryption",`+
			`"value":{"cipher":"AES/CBC/PKCS5Padding","data":%q,"iv":%q,"key":%q}}}`,
			base64.StdEncoding.EncodeToString(data), base64.StdEncoding.EncodeToString([]byte(iv)), alias)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	store, seal := keyStore(t)
	const ivA, ivB = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	const unknown = `{"$crypto":{"type":"x-simple-encryption",` +
		`"value":{"cipher":"AES/CBC/PKCS5Padding","data":"%s",` +
		`"iv":"YWFhYWFhYWFhYWFhYWFhYQ==","key":"another-key"}}}`
	const alias = "openidm-sym-default"
	const seven = `{"$crypto":{"type":"x-simple-encryption","value":{"cipher":"AES/CBC/PKCS5Padding",` +
		`"stableId":"%s","salt":"AA","data":"AA","keySize":16,"purpose":"p","iv":"AA","mac":"AA"}}}`
	const salted = `{"$crypto":{"type":"salted-hash","value":{"algorithm":"SHA-256","data":"%s"}}}`
	for _, tc := range []struct {
		name, source, target string
		keys                 *keystore.Store
		changed              bool
		notChecked           int64
	}{
		{"encrypted anew", seal(`"secret"`, ivA), seal(`"secret"`, ivB), store, false, 0},
		{"encrypted anew, no keys", seal(`"secret"`, ivA), seal(`"secret"`, ivB), nil, false, 1},
		{"another secret", seal(`"secret"`, ivA), seal(`"secreT"`, ivA), store, true, 0},
		{"another secret, no keys", seal(`"secret"`, ivA), seal(`"secreT"`, ivA), nil, false, 1},
		{"another key", fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAA=="),
			fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAQ=="), store, false, 1},
		{"the same under another key", fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAA=="),
			fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAA=="), store, false, 0},
		{"damaged", seal(`"secret"`, ivA), strings.Replace(seal(`"secret"`, ivA), `"data":"`, `"data":"AAAA`,
			1), store, true, 0},
		{"damaged alike", strings.Replace(seal(`"secret"`, ivA), `"data":"`, `"data":"AAAA`, 1),
			strings.Replace(seal(`"secret"`, ivA), `"data":"`, `"data":"AAAA`, 1), store, false, 0},
		{"another form", `{"$crypto":{"type":"new","value":{"stableId":"a"}}}`,
			`{"$crypto":{"type":"new","value":{"stableId":"b"}}}`, store, false, 1},
		{"the form of 7.x", seal(`"secret"`, ivA), fmt.Sprintf(seven, alias), store, false, 1},
		{"the form of 7.x under an unknown key", seal(`"secret"`, ivA), fmt.Sprintf(seven, "x"), store, true, 0},
		{"an unknown key", seal(`"secret"`, ivA), fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAA=="), store, true, 0},
		{"an unknown key, no keys", seal(`"secret"`, ivA), fmt.Sprintf(unknown, "AAAAAAAAAAAAAAAAAAAAAA=="),
			nil, false, 1},
		{"null", seal(`"secret"`, ivA), `{"$crypto":null}`, nil, true, 0},
		{"nothing in it", seal(`"secret"`, ivA), `{"$crypto":{}}`, nil, true, 0},
		{"no object", seal(`"secret"`, ivA), `{"$crypto":"x"}`, store, true, 0},
		{"empty", seal(`"secret"`, ivA), `{}`, nil, true, 0},
		{"no key named", seal(`"secret"`, ivA), `{"$crypto":{"type":"x-simple-encryption","value":{}}}`, nil, true, 0},
		{"another type", seal(`"secret"`, ivA), strings.Replace(seal(`"secret"`, ivB), "x-simple", "simple", 1),
			nil, true, 0},
		{"another cipher", seal(`"secret"`, ivA), strings.Replace(seal(`"secret"`, ivB), "AES/CBC", "AES/GCM", 1),
			store, true, 0},
		{"hash for a value", seal(`"secret"`, ivA), fmt.Sprintf(salted, "AA"), nil, true, 0},
		{"another hash", fmt.Sprintf(salted, "AA"), fmt.Sprintf(salted, "AB"), nil, true, 0},
		{"null for null", `{"$crypto":null}`, `{"$crypto":null}`, store, false, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newTable(100), newTable(100)
			source.put("x", `{"_id":"x","password":`+tc.source+`}`)
			target.put("x", `{"password":`+tc.target+`,"_id":"x"}`)
			got := compareTables(t, source, target, Options{Keys: tc.keys})
			changed := slices.ContainsFunc(got.Changed, func(c Change) bool {
				return c.ID == "x" &&
					slices.Equal(c.Members, []string{"password"})
			})
			if changed != tc.changed || got.NotCheckedValues != tc.notChecked ||
				got.Differences() != int64(len(got.Changed)) {
				t.Fatalf("got %+v", got)
			}
			if len(got.ClosedValues) != int(tc.notChecked) {
				t.Errorf("not named: %+v", got.ClosedValues)
			}
			for _, c := range got.ClosedValues {
				if c.Member != "password" || c.Form == "" || c.Alias == "" {
					t.Errorf("not named: %+v", c)
				}
			}
		})
	}
}
