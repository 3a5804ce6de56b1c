package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/await"
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

func goodFile() *File {
	return &File{
		Format: format, Version: version, Created: time.Unix(1e9, 0).UTC(),
		SourceURL: "https://localhost:8443/openidm/",
		Keystore:  newStore("JCEKS", []byte("keys")), Truststore: newStore("", []byte("trust")),
		CryptoAlias: "other-key",
	}
}

// hostileFiles are good with a fault each, and what others made, some of it for pair.
func hostileFiles(t *testing.T, good []byte, pair, other *age.X25519Identity) map[string][]byte {
	t.Helper()
	changed := func(change func(*File)) []byte {
		h := goodFile()
		change(h)
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
		"empty":          nil,
		"text":           []byte("these are no stores"),
		"a store":        []byte("\xce\xce\xce\xce\x00\x00\x00\x02\x00\x00\x00\x00"),
		"for another":    sealText(t, "{}", other.Recipient()),
		"more behind it": append(bytes.Clone(good), 0),
		"not JSON":       sealText(t, "stores", pair.Recipient()),
		"of others":      sealText(t, `{"format":"tax-return","version":1}`, pair.Recipient()),
		"of tomorrow":    changed(func(h *File) { h.Version++ }),
		"unknown member": sealText(
			t,
			`{"format":"identity-connect-stores","version":1,"run":"rm"}`,
			pair.Recipient(),
		),
		"no keystore":     changed(func(h *File) { h.Keystore = Store{} }),
		"empty keystore":  changed(func(h *File) { h.Keystore = newStore("", nil) }),
		"other content":   changed(func(h *File) { h.Truststore.Content = []byte("thrust") }),
		"other sum":       changed(func(h *File) { h.Truststore.SHA256 = h.Keystore.SHA256 }),
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
	return files
}

// TestHostileFiles: whatever lies in the file, and whoever encrypted it, it
// is whole or refused.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	pair, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := Key{Identities: keystore.NewPassword(pair.String())}
	good, err := goodFile().seal([]age.Recipient{pair.Recipient()})
	if err != nil {
		t.Fatal(err)
	}
	files := hostileFiles(t, good, pair, other)
	path := filepath.Join(t.TempDir(), "stores.age")
	for name, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		k := key
		if name == "a costly header" {
			k.Passphrase = keystore.NewPassword("correct horse battery")
		}
		var h *File
		var err error
		await.Within(t, name, 10*time.Second, func() { h, err = Read(path, k) })
		var refused *Error
		if h != nil || !errors.As(err, &refused) || refused.Remedy() == "" {
			t.Errorf("%.40s: %v, %v", name, h, err)
		}
		if strings.Contains(err.Error(), pair.String()) {
			t.Errorf("%.40s: the identity is in the error", name)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := Read(path, key); err != nil || string(h.Keystore.Content) != "keys" ||
		string(h.Truststore.Content) != "trust" {
		t.Errorf("%v, %v", h, err)
	}
	// A file that has no end is not read to it.
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, key); err == nil {
		t.Error("larger than a handover can be")
	}
	if _, err := Read(path, Key{Identities: keystore.NewPassword("AGE-SECRET-KEY-1hush-hush")}); err == nil ||
		strings.Contains(err.Error(), "hush-hush") {
		t.Errorf("%v", err)
	}
}

// TestRecorded: a file that an earlier release wrote, without aliases and types, is read; OpenIDM's default aliases
// hold.
func TestRecorded(t *testing.T) {
	t.Parallel()
	identity, err := os.ReadFile(filepath.Join("testdata", "identity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(
		filepath.Join("testdata", "version-1.age"),
		Key{Identities: keystore.NewPassword(string(identity))},
	)
	if err != nil {
		t.Fatal(err)
	}
	if f.Version != 1 || f.CertificateAlias != "openidm-localhost" || f.CryptoAlias != "openidm-sym-default" ||
		f.Keystore.Type != "" || f.Truststore.Type != "" {
		t.Errorf("%+v", f)
	}
	for _, s := range []Store{f.Keystore, f.Truststore} {
		if _, err := keystore.Decode(bytes.NewReader(s.Content), keystore.NewPassword("changeit")); err != nil {
			t.Error(err)
		}
	}
}

// TestCarries: what an installation says of its stores comes out as it went in.
func TestCarries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const boot = "openidm.https.keystore.cert.alias=own\nopenidm.config.crypto.alias=other-key\n" +
		"openidm.keystore.type=PKCS12\nopenidm.truststore.type=JCEKS\n"
	for name, text := range map[string]string{
		"conf/boot/boot.properties": boot, "security/keystore.jceks": "keys", "security/truststore": "trust",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err := errors.Join(err, os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	inst, err := installation.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	out, err := New("https://localhost:8443/openidm/", inst)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stores.age")
	key := Key{Recipients: []string{pair.Recipient().String()}, Identities: keystore.NewPassword(pair.String())}
	if err := Write(path, out, key); err != nil {
		t.Fatal(err)
	}
	in, err := Read(path, key)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(out, in); d != "" {
		t.Error(d)
	}
	if in.CertificateAlias != "own" || in.CryptoAlias != "other-key" || in.Keystore.Type != "PKCS12" ||
		in.Truststore.Type != "JCEKS" || string(in.Keystore.Content) != "keys" ||
		in.SourceURL != out.SourceURL {
		t.Errorf("%+v", in)
	}
	if err := Write(path, out, key); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
}

func FuzzFile(f *testing.F) {
	text, err := json.Marshal(goodFile())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"identity-connect-stores","version":1}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		h, err := parse(plain)
		if (h == nil) == (err == nil) {
			t.Errorf("%v, %v", h, err)
		}
		if h != nil && (len(h.Keystore.Content) == 0 || len(h.Truststore.Content) == 0) {
			t.Error("a store without content")
		}
	})
}
