package keystore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
)

// OpenedKey is a key of [Store.OpenKeys].
type OpenedKey struct {
	Entry     Entry
	Algorithm string // Java's name
	Key       []byte // PKCS#8 of a private key, the bytes of a secret key
	Err       error
}

// Format writes alias and algorithm for every verb, and never the key.
func (k OpenedKey) Format(f fmt.State, _ rune) { io.WriteString(f, k.text()) }

// LogValue implements [slog.LogValuer], without the key.
func (k OpenedKey) LogValue() slog.Value { return slog.StringValue(k.text()) }

// MarshalJSON implements [json.Marshaler], without the key.
func (k OpenedKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.text()) }

func (k OpenedKey) text() string {
	if k.Err != nil {
		return fmt.Sprintf("%q: %v", k.Entry.Alias, k.Err)
	}
	return fmt.Sprintf("%q: %s, %s", k.Entry.Alias, k.Algorithm, redacted)
}

// OpenKeys opens all private and secret keys on all cores and returns them in the
// order of the file. The zero password stands for those that the store was
// opened with ([WithKeyPassword] and the store's own). A key that does not open
// has the error of [Entry.PKCS8] or [Entry.SecretKey] in Err, and one that the
// context left no time for has the context's: OpenKeys returns within some 20 ms
// of the context's end.
func (s *Store) OpenKeys(ctx context.Context, password Password) []OpenedKey {
	var keys []OpenedKey
	for e := range s.Entries() {
		if e.Kind != TrustedCertificate {
			keys = append(keys, OpenedKey{Entry: e})
		}
	}
	side(len(keys), func(i int) {
		k := &keys[i]
		if k.Err = ctx.Err(); k.Err != nil {
			return
		}
		passwords := []Password{password}
		if password.IsZero() {
			passwords = s.passwordsOf(k.Entry)
		}
		*k = openKey(ctx, k.Entry, passwords)
	})
	return keys
}

// SecretKey opens a secret key with the passwords that the store was opened with, once: the store keeps the key, so
// that thousands of calls cost one derivation. It returns Java's name of the algorithm and a copy of the key's bytes.
// Errors match [ErrNoSuchAlias], [ErrKind], [ErrKeyPassword] or [ErrFormat]. Several goroutines may call it at once.
func (s *Store) SecretKey(alias string) (algorithm string, key []byte, err error) {
	if s == nil {
		return "", nil, errNoStore
	}
	e, ok := s.Entry(alias)
	if !ok {
		return "", nil, fmt.Errorf("%w: %.200q", ErrNoSuchAlias, alias)
	}
	if e.Kind != SecretKey {
		return "", nil, fmt.Errorf("entry %q: %w: not a secret key", e.Alias, ErrKind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.keys[e.Alias]
	if !ok {
		opened := openKey(context.Background(), e, s.passwordsOf(e))
		k = &opened
		if s.keys == nil {
			s.keys = map[string]*OpenedKey{}
		}
		s.keys[e.Alias] = k
	}
	return k.Algorithm, bytes.Clone(k.Key), k.Err
}

// openKey opens a key with the first password that fits.
func openKey(ctx context.Context, e Entry, passwords []Password) OpenedKey {
	k := OpenedKey{Entry: e}
	for _, p := range passwords {
		if e.Kind == SecretKey {
			k.Algorithm, k.Key, k.Err = e.secretKey(ctx, p)
		} else if k.Key, k.Err = e.pkcs8(ctx, p); k.Err == nil {
			k.Algorithm = algorithmOf(k.Key)
		}
		if !errors.Is(k.Err, ErrKeyPassword) {
			break
		}
	}
	return k
}

// side calls f for 0 to n-1 on all cores.
func side(n int, f func(int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}
