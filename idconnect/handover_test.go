package idconnect

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/keystore"
)

func sealText(t testing.TB, text string, to age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func goodHandover() handover {
	return handover{Format: handoverFormat, Version: handoverVersion, Created: time.Unix(1e9, 0).UTC(), SourceURL: DefaultSourceURL,
		Keystore: newHandoverStore([]byte("keys")), Truststore: newHandoverStore([]byte("trust"))}
}

// TestHandoverHostile: whatever lies in the file, and whoever encrypted it, it
// is whole or refused.
func TestHandoverHostile(t *testing.T) {
	t.Parallel()
	pair, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := HandoverKey{Identities: keystore.NewPassword(pair.String())}
	good, err := goodHandover().seal([]age.Recipient{pair.Recipient()})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*handover)) []byte {
		h := goodHandover()
		change(&h)
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return sealText(t, string(text), pair.Recipient())
	}
	costly, err := age.NewScryptRecipient("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	costly.SetWorkFactor(10)
	cheap := sealText(t, "{}", costly)
	files := map[string][]byte{
		"empty":           nil,
		"text":            []byte("these are no stores"),
		"a store":         []byte("\xce\xce\xce\xce\x00\x00\x00\x02\x00\x00\x00\x00"),
		"for another":     sealText(t, "{}", other.Recipient()),
		"more behind it":  append(bytes.Clone(good), 0),
		"not JSON":        sealText(t, "stores", pair.Recipient()),
		"of others":       sealText(t, `{"format":"tax-return","version":1}`, pair.Recipient()),
		"of tomorrow":     changed(func(h *handover) { h.Version++ }),
		"unknown member":  sealText(t, `{"format":"identity-connect-stores","version":1,"run":"rm"}`, pair.Recipient()),
		"no keystore":     changed(func(h *handover) { h.Keystore = handoverStore{} }),
		"empty keystore":  changed(func(h *handover) { h.Keystore = newHandoverStore(nil) }),
		"other content":   changed(func(h *handover) { h.Truststore.Content = []byte("thrust") }),
		"other sum":       changed(func(h *handover) { h.Truststore.SHA256 = h.Keystore.SHA256 }),
		"a costly header": bytes.Replace(cheap, []byte(" 10\n"), []byte(" 30\n"), 1),
		"deep":            sealText(t, strings.Repeat("[", 1<<20), pair.Recipient()),
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 0; n < len(good); n += step {
		files["cut at "+strings.Repeat("i", n)] = good[:n]
		flipped := bytes.Clone(good)
		flipped[n] ^= 0x10
		files["flipped at "+strings.Repeat("i", n)] = flipped
	}
	path := filepath.Join(t.TempDir(), "stores.age")
	for name, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		k := key
		if name == "a costly header" {
			k.Passphrase = keystore.NewPassword("correct horse battery")
		}
		began := time.Now()
		h, err := readHandover(path, k)
		var refused *HandoverError
		if h != nil || !errors.As(err, &refused) || !errors.Is(err, ErrHandover) || RemedyOf(err) == "" {
			t.Errorf("%.40s: %v, %v", name, h, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%.40s: it took %v", name, took)
		}
		if strings.Contains(err.Error(), pair.String()) {
			t.Errorf("%.40s: the identity is in the error", name)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := readHandover(path, key); err != nil || string(h.Keystore.Content) != "keys" || string(h.Truststore.Content) != "trust" {
		t.Errorf("%v, %v", h, err)
	}
	// A file that has no end is not read to it.
	if err := os.Truncate(path, maxHandover+1); err != nil {
		t.Fatal(err)
	}
	if _, err := readHandover(path, key); err == nil {
		t.Error("larger than a handover can be")
	}
	if _, err := readHandover(path, HandoverKey{Identities: keystore.NewPassword("AGE-SECRET-KEY-1hush-hush")}); err == nil || strings.Contains(err.Error(), "hush-hush") {
		t.Errorf("%v", err)
	}
}

func FuzzHandover(f *testing.F) {
	text, err := json.Marshal(goodHandover())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"identity-connect-stores","version":1}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		h, err := parseHandover(plain)
		if (h == nil) == (err == nil) {
			t.Errorf("%v, %v", h, err)
		}
		if h != nil && (len(h.Keystore.Content) == 0 || len(h.Truststore.Content) == 0) {
			t.Error("a store without content")
		}
	})
}
