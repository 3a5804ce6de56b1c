package keystore

import (
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

// OpenKeys opens all private and secret keys, in the order of the file, on all
// cores. The zero password stands for the one that the store was opened with
// ([WithKeyPassword] or the store's own). A key that does not open has Err, as
// of [Entry.PKCS8] and [Entry.SecretKey].
func (s *Store) OpenKeys(password Password) []OpenedKey {
	var keys []OpenedKey
	for e := range s.Entries() {
		if e.Kind != TrustedCertificate {
			keys = append(keys, OpenedKey{Entry: e})
		}
	}
	side(len(keys), func(i int) {
		k := &keys[i]
		p := password
		if p.IsZero() {
			p = s.passwordOf(k.Entry)
		}
		if k.Entry.Kind == SecretKey {
			k.Algorithm, k.Key, k.Err = k.Entry.SecretKey(p)
			return
		}
		if k.Key, k.Err = k.Entry.PKCS8(p); k.Err == nil {
			k.Algorithm = algorithmOf(k.Key)
		}
	})
	return keys
}

// side calls f for 0 to n-1, on all cores side by side.
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
