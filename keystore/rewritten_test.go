package keystore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// rewritable is a copy of a store with a key pair and a secret key, both made by keytool, over one of another content.
func rewritable(t *testing.T, tool func(args ...string)) (c Changes, old []byte) {
	t.Helper()
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "source.jceks"), filepath.Join(dir, "target.jceks")
	tool("-genkeypair", "-keyalg", "EC", "-dname", "CN=own", "-alias", "own", "-keypass", "changeit", "-keystore", src)
	tool("-genseckey", "-keyalg", "AES", "-keysize", "128", "-alias", "sym", "-keypass", "changeit", "-keystore", src)
	// In an order that is not Java's.
	store, err := Open(src, NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	own, _ := store.Entry("own")
	for _, alias := range []string{"h", "g", "f", "e", "d", "c", "b", "a"} {
		if err := store.put(alias, TrustedCertificate, nil, own.RawCertificates(), PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(src, store, NewPassword("changeit")); err != nil {
		t.Fatal(err)
	}
	old = []byte("the package's own")
	if err := os.WriteFile(dst, old, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = Copy(src, dst, CopyOptions{Password: NewPassword("changeit"), Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	return c, old
}

// TestUndoRewritten: a store that Java wrote again with the same entries is put back; one with another entry is not.
func TestUndoRewritten(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "keytool")
	tool := func(args ...string) {
		javatest.Keytool(t, append(args, "-storetype", "JCEKS", "-storepass", "changeit")...)
	}
	c, old := rewritable(t, tool)
	copied, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	tool("-genkeypair", "-keyalg", "EC", "-dname", "CN=more", "-alias", "more", "-keypass", "changeit", "-keystore",
		c.Path)
	if err := c.Undo(); !errors.Is(err, ErrChangedSince) {
		t.Errorf("with another entry: %v", err)
	}
	if added, err := c.AddedIn(nil); err != nil || len(added) != 1 || added[0] != "more" {
		t.Errorf("added: %v, %v", added, err)
	}
	tool("-delete", "-alias", "more", "-keystore", c.Path)
	if now, err := os.ReadFile(c.Path); err != nil || bytes.Equal(now, copied) {
		t.Fatalf("Java did not write it anew: %v", err)
	}
	if made, err := c.MadeIn(nil); err != nil || !made {
		t.Errorf("made: %v, %v", made, err)
	}
	if err := c.Undo(); err != nil {
		t.Errorf("with the same entries: %v", err)
	}
	if now, err := os.ReadFile(c.Path); err != nil || !bytes.Equal(now, old) {
		t.Errorf("put back: %v", err)
	}
}
