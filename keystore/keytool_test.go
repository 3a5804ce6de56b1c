package keystore

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// keytoolStore asks keytool to make a store, and Java about it.
type keytoolStore struct {
	name, format string
	calls        [][]string // but for the store, its password and format
}

func (k keytoolStore) make(t *testing.T, dir string) question {
	t.Helper()
	path := filepath.Join(dir, k.name)
	for _, args := range k.calls {
		javatest.Keytool(t, append(args, "-keystore", path, "-storepass", "changeit", "-storetype", k.format)...)
	}
	return question{Format(k.format), path, "changeit", "changeit"}
}

// TestKeytool: what keytool on this machine makes, under three iteration counts
// and in three formats, is read as Java reads it.
func TestKeytool(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "keytool")
	secret := func(options ...string) []string {
		return append(options, "-genseckey", "-keyalg", "AES", "-keysize", "256", "-alias", "secret", "-keypass",
			"changeit")
	}
	rsa := func(alias string) []string {
		return []string{"-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=pair", "-alias",
			alias}
	}
	ec := func(curve, alias, name string, more ...string) []string {
		return append([]string{"-genkeypair", "-keyalg", "EC", "-groupname", curve, "-dname", name, "-alias",
			alias}, more...)
	}
	all := []keytoolStore{
		{"10000.jceks", "JCEKS", [][]string{
			ec("secp256r1", "Pair", "CN=a\\, b, O=c", "-keypass", "changeit"), secret()}},
		{"200000.jceks", "JCEKS", [][]string{secret("-J-Djdk.jceks.iterationCount=200000")}},
		{"1000000.jceks", "JCEKS", [][]string{secret("-J-Djdk.jceks.iterationCount=1000000")}},
		{"pair.jks", "JKS", [][]string{append(rsa("one"), "-keypass", "changeit")}},
		{"pair.p12", "PKCS12", [][]string{rsa("one"), rsa("Zwei")}},
		{"secp256r1.p12", "PKCS12", [][]string{ec("secp256r1", "ec", "CN=ec")}},
		{"secp521r1.p12", "PKCS12", [][]string{ec("secp521r1", "ec", "CN=ec")}},
	}
	dir := t.TempDir()
	var questions []question
	for _, store := range exhaustive.Sample(all, 2) {
		questions = append(questions, store.make(t, dir))
	}
	t.Logf("keytool made %s stores", ofAll(len(questions), len(all)))
	agree(t, questions, len(questions))

	// keytool lists what we write.
	ours := filepath.Join(dir, "ours.jceks")
	if err := WriteFile(ours, openFixture(t, "idm-jdk17.jceks"), NewPassword("another")); err != nil {
		t.Fatal(err)
	}
	list := javatest.Keytool(t, "-list", "-keystore", ours, "-storetype", "JCEKS", "-storepass", "another")
	if !strings.Contains(list, "contains 5 entries") {
		t.Error(list)
	}
	if exhaustive.All() {
		keytoolTruststores(t, dir)
	} else {
		t.Log("0 of 2 truststores in PKCS#12")
	}
}

// keytoolTruststores: what go-pkcs12 cannot show is an error and never a guess, see TestJavaMatrix; and the form of a
// JDK's own truststore since 18 is read.
func keytoolTruststores(t *testing.T, dir string) {
	t.Helper()
	certificate := filepath.Join(dir, "cert")
	store := func(name string) []string {
		return []string{"-keystore", filepath.Join(dir, name), "-storepass", "changeit"}
	}
	imported := []string{"-importcert", "-noprompt", "-alias", "trusted", "-file", certificate}
	javatest.Keytool(t, append(store("pair.p12"), "-exportcert", "-alias", "one", "-file", certificate)...)
	javatest.Keytool(t, slices.Concat(imported, store("pair.p12"))...)
	_, err := Open(filepath.Join(dir, "pair.p12"), NewPassword("changeit"))
	if !errors.Is(err, ErrPKCS12Unsupported) || !strings.Contains(err.Error(), "trusted certificates beside keys") {
		t.Errorf("pair.p12, mixed: %v", err)
	}
	javatest.Keytool(t, slices.Concat(imported, store("plain.p12"), []string{"-storetype", "PKCS12",
		"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"})...)
	for _, p := range []Password{{}, NewPassword("changeit"), NewPassword("any")} {
		if s, err := Open(filepath.Join(dir, "plain.p12"), p); err != nil || s.Len() != 1 || s.Verified() {
			t.Errorf("without passwords: %v", err)
		}
	}
	t.Log("2 of 2 truststores in PKCS#12")
}
