package idconnect_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path, content, 0o600))
}

// costly makes a key store whose keys take a second each to be opened, up to
// Java's own limit.
func costly(t *testing.T, s *keystore.Store, keys int) []byte {
	t.Helper()
	password := keystore.NewPassword("changeit")
	for i := range keys {
		o := keystore.PutOptions{Password: password, Iterations: 65536}
		must(t, s.PutSecretKey(fmt.Sprintf("costly-%d", i), "AES", make([]byte, 16), o))
	}
	var b bytes.Buffer
	must(t, s.Encode(&b, password))
	// A count of iterations as long in DER, and the digest of that content.
	content := bytes.ReplaceAll(b.Bytes(), []byte{2, 3, 1, 0, 0}, []byte{2, 3, 0x4c, 0x4b, 0x40})
	h := sha1.New()
	for _, u := range utf16.Encode([]rune("changeit")) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(content[:len(content)-sha1.Size])
	return h.Sum(content[:len(content)-sha1.Size])
}

// givenUp wants no goroutine of a plan that was given up to open keys still.
func givenUp(t *testing.T) {
	w := newWorld(t, 2)
	path := w.u.SourceDir + "/security/keystore.jceks"
	s, err := keystore.Open(path, keystore.NewPassword("changeit"))
	must(t, err)
	writeFile(t, path, costly(t, s, 30))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	w.u.Steps = []string{idconnect.StepStores}
	began := time.Now()
	if _, err := w.u.Plan(ctx); err == nil {
		t.Error("the keys were opened in time")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	for range 20 {
		if stacks := goroutines(); !bytes.Contains(stacks, []byte("keystore.md5Pair")) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("keys are still being opened")
}

func goroutines() []byte {
	b := make([]byte, 4<<20)
	return b[:runtime.Stack(b, true)]
}
