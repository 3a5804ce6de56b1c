package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// ownPasswords is a store of three keys, each under a password of its own.
func ownPasswords(t *testing.T, order ...int) *Store {
	t.Helper()
	s := New(JCEKS)
	for _, i := range order {
		o := PutOptions{Password: NewPassword(fmt.Sprint("password ", i)), Iterations: 1}
		if err := s.PutSecretKey(fmt.Sprint("key ", i), "AES", bytes.Repeat([]byte{byte(i)}, 16),
			o); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// again writes a store and reads it.
func again(t *testing.T, s *Store, opts ...Option) *Store {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b, NewPassword("password 0")); err != nil {
		t.Fatal(err)
	}
	s, err := Decode(&b, NewPassword("password 0"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSeveralKeyPasswords: every key is tried with every password that is
// known, the store's too, wherever a call names none.
func TestSeveralKeyPasswords(t *testing.T) {
	t.Parallel()
	known := func(numbers ...int) (opts []Option) {
		for _, i := range numbers {
			opts = append(opts, WithKeyPassword(NewPassword(fmt.Sprint("password ", i))))
		}
		return append(opts, WithKeyPassword(Password{}), nil)
	}
	for name, c := range map[string]struct {
		known []int
		open  [3]bool
	}{
		"the store's alone": {nil, [3]bool{true, false, false}},
		"one more":          {[]int{2}, [3]bool{true, false, true}},
		"all":               {[]int{1, 2}, [3]bool{true, true, true}},
		"all, and others":   {[]int{7, 2, 0, 9, 1, 1}, [3]bool{true, true, true}},
	} {
		s := again(t, ownPasswords(t, 0, 1, 2), known(c.known...)...)
		for i, k := range s.OpenKeys(t.Context(), Password{}) {
			if (k.Err == nil) != c.open[i] || k.Err != nil && !errors.Is(k.Err, ErrKeyPassword) ||
				k.Err == nil && (k.Algorithm != "AES" || k.Key[0] != byte(i)) {
				t.Errorf("%s: key %d: %v", name, i, k.Err)
			}
		}
		// A password that a call names is the only one.
		for i, k := range s.OpenKeys(t.Context(), NewPassword("password 1")) {
			if (k.Err == nil) != (i == 1) {
				t.Errorf("%s: key %d under the password named: %v", name, i, k.Err)
			}
		}
		// The other store has the same keys, encrypted with other salts.
		d, err := Compare(t.Context(), s, again(t, ownPasswords(t, 2, 0, 1), known(2, 1)...))
		if all := c.open == [3]bool{true, true, true}; all != (err == nil) || all && len(d.Same) != 3 ||
			!all && !errors.Is(err, ErrKeyPassword) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
		for i, open := range c.open {
			algorithm, key, err := s.SecretKey(fmt.Sprint("key ", i))
			if (err == nil) != open || !open && !errors.Is(err, ErrKeyPassword) ||
				open && (algorithm != "AES" || !bytes.Equal(key, bytes.Repeat([]byte{byte(i)}, 16))) {
				t.Errorf("%s: the store's own key %d: %v", name, i, err)
			}
		}
	}
	// A store that was not verified has no password of its own.
	var b bytes.Buffer
	if err := ownPasswords(t, 0, 1).Encode(&b, NewPassword("any")); err != nil {
		t.Fatal(err)
	}
	s, err := Decode(&b, Password{}, known(1)...)
	if err != nil || s.OpenKeys(t.Context(), Password{})[0].Err == nil || s.OpenKeys(t.Context(), Password{})[1].Err != nil {
		t.Errorf("without the store's password: %v", err)
	}
}

// TestSecretKey: the store opens a key once, and anew when it was put anew.
func TestSecretKey(t *testing.T) {
	t.Parallel()
	s := mustPut(t, "k", "AES")
	for range 2 {
		if algorithm, key, err := s.SecretKey("K"); err != nil || algorithm != "AES" ||
			!bytes.Equal(key, make([]byte, 16)) {
			t.Errorf("%s, %x, %v", algorithm, key, err)
		} else {
			key[0] = 1 // the caller's own copy
		}
	}
	if err := s.PutSecretKey("k", "HmacSHA256", []byte("x"),
		PutOptions{Password: NewPassword("p"), Iterations: 1}); err != nil {
		t.Fatal(err)
	}
	if algorithm, key, err := s.SecretKey("k"); err != nil || algorithm != "HmacSHA256" || string(key) != "x" {
		t.Errorf("put anew: %s, %q, %v", algorithm, key, err)
	}
	if _, _, err := s.SecretKey("none"); !errors.Is(err, ErrNoSuchAlias) {
		t.Error(err)
	}
	if _, _, err := openFixture(t, "trust.jks").SecretKey("root"); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
}

// TestNotRegular: a folder, and what is neither file nor folder, is refused
// before it is opened, which of a pipe would never end.
func TestNotRegular(t *testing.T) {
	t.Parallel()
	for what, path := range notRegular(t) {
		if _, err := Open(path, NewPassword("p")); !errors.Is(err, ErrNotRegular) {
			t.Errorf("opening %s: %v", what, err)
		}
		file := place(t, "store", fixture(t, "trust.jks"), 0o600)
		if _, err := Copy(path, file, CopyOptions{}); !errors.Is(err, ErrNotRegular) {
			t.Errorf("copying %s: %v", what, err)
		}
		if _, err := Copy(file, path, CopyOptions{Replace: true}); !errors.Is(err, ErrNotRegular) ||
			len(siblings(t, file)) != 1 {
			t.Errorf("copying to %s: %v", what, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Password{}); errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
}
