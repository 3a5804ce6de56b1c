package keystore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
