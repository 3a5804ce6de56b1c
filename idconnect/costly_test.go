package idconnect_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
)

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path, content, 0o600))
}

// costly adds keys to a key store that take a second each to be opened, up to Java's own limit.
func costly(t *testing.T, s *keystore.Store, keys int) []byte {
	t.Helper()
	password := keystore.NewPassword("changeit")
	o := keystore.PutOptions{Password: password, Iterations: 65536}
	must(t, s.PutSecretKey("costly-000", "AES", make([]byte, 16), o))
	var b bytes.Buffer
	must(t, s.Encode(&b, password))
	// A count of iterations as long in DER, the entry once more for each key, and the digest of that content.
	content := bytes.ReplaceAll(b.Bytes(), []byte{2, 3, 1, 0, 0}, []byte{2, 3, 0x4c, 0x4b, 0x40})
	content = content[:len(content)-sha1.Size]
	const countAt, beforeAlias = 8, 6 // the number of entries; the tag of an entry and the length of its alias
	entry := bytes.Clone(content[bytes.Index(content, []byte("costly-000"))-beforeAlias:])
	for i := 1; i < keys; i++ {
		copy(entry[beforeAlias:], fmt.Sprintf("costly-%03d", i))
		content = append(content, entry...)
	}
	binary.BigEndian.PutUint32(content[countAt:], uint32(s.Len()+keys-1))
	h := sha1.New()
	for _, u := range utf16.Encode([]rune("changeit")) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(content)
	return h.Sum(content)
}

// givenUp wants no goroutine of a plan that was given up to open keys still. All of them would take longer than
// await.Patience.
func givenUp(t *testing.T) {
	w := newWorld(t, 2)
	path := w.u.SourceDir + "/security/keystore.jceks"
	s, err := keystore.Open(path, keystore.NewPassword("changeit"))
	must(t, err)
	writeFile(t, path, costly(t, s, 500))
	w.u.Steps = []string{idconnect.StepStores}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	planned := make(chan error, 1)
	go pprof.Do(ctx, pprof.Labels(rowLabel, t.Name()), func(ctx context.Context) {
		_, err := w.u.Plan(ctx)
		planned <- err
	})
	await.Until(t, "keys are being opened", func() bool { return opensKeys(t) })
	cancel()
	if err := await.Value(t, "the end of the plan", planned); err == nil {
		t.Error("the keys were opened in time")
	}
	await.Until(t, "no key is being opened any more", func() bool { return !opensKeys(t) })
}

// rowLabel marks the goroutines of a row, and those that they start, for a profile.
const rowLabel = "row"

// opensKeys reports whether a goroutine of the test opens keys.
func opensKeys(t *testing.T) bool {
	var profile bytes.Buffer
	must(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	label := fmt.Sprintf("%q:%q", rowLabel, t.Name())
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, label) && strings.Contains(stack, "keystore.md5Pair") {
			return true
		}
	}
	return false
}
