package jvmtrust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// TestTrustMatrix compares each verdict with what Java said when the matrix
// was written, and with what the Java of this machine says.
func TestTrustMatrix(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	cases := trustCases(m)
	dir := t.TempDir()
	sample := exhaustive.Sample(cases, 60)
	writeCases(m, dir, sample)

	got := map[string]string{}
	for _, c := range cases {
		store, err := keystore.Decode(bytes.NewReader(encode(m, c.keys, c.anchors)),
			keystore.NewPassword("changeit"))
		m.check(err)
		verdict := "accepted"
		if err := New(store).verifyAt(m.now, c.host, c.chain); err != nil {
			verdict = err.Error()
			var refused *Error
			if !errors.As(err, &refused) || refused.Remedy == "" || refused.Reason == "" ||
				refused.Host != c.host || refused.Certificate == nil {
				t.Errorf("%s: incomplete: %#v", c.name, err)
			}
		}
		if want := orAccepted(c.want); verdict != want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, verdict, want)
		}
		if _, twice := got[c.name]; twice {
			t.Errorf("two cases are named %q", c.name)
		}
		got[c.name] = verdict
	}

	javatest.Each(t, filepath.Join("testdata", "Verdicts.java"), []string{dir}, func(t *testing.T, out string) {
		compareVerdicts(t, out, sample, len(cases), got)
	})
}

// compareVerdicts compares our verdicts of a sample with what a JVM printed.
func compareVerdicts(t *testing.T, out string, sample []trustCase, all int, got map[string]string) {
	t.Helper()
	version, said := readVerdicts(t, out)
	agree, changed := 0, 0
	for _, c := range sample {
		switch java := said[c.name]; {
		case java == got[c.name]:
			agree++
		case version > 17 && c.newer != "" && java == c.newer:
			changed++
		default:
			t.Errorf("%s: verdict %q, Java %d says %q", c.name, got[c.name], version, java)
		}
	}
	of := ""
	if len(sample) < all {
		of = fmt.Sprintf(" of %d", all)
	}
	t.Logf("%d of %d%s verdicts as Java %d", agree, len(sample), of, version)
	if changed > 0 {
		t.Logf("%d are of rules that changed after Java 17", changed)
	}
}

func orAccepted(message string) string {
	if message == "" {
		return "accepted"
	}
	return message
}

func storeName(i int) string { return fmt.Sprintf("%03d.jks", i) }

// writeCases writes what Verdicts.java reads.
func writeCases(m *mint, dir string, cases []trustCase) {
	write := func(name string, chain []*x509.Certificate, anchors ...*x509.Certificate) {
		m.check(os.WriteFile(filepath.Join(dir, name), encode(m, chain, anchors), 0o600))
	}
	write("server.jks", []*x509.Certificate{m.self("localhost")})
	var list strings.Builder
	for i, c := range cases {
		write(storeName(i), c.keys, c.anchors...)
		var files []string
		for j, x := range c.chain {
			files = append(files, fmt.Sprintf("%03d-%d.der", i, j))
			m.check(os.WriteFile(filepath.Join(dir, files[j]), x.Raw, 0o600))
		}
		fmt.Fprintf(&list, "%s\t%s\t%s\t%s\n", c.name, storeName(i), c.host, strings.Join(files, " "))
	}
	m.check(os.WriteFile(filepath.Join(dir, "cases.txt"), []byte(list.String()), 0o600))
}

// encode makes a truststore of a private key entry, unless there is no chain, and anchors.
func encode(m *mint, chain, anchors []*x509.Certificate) []byte {
	password := keystore.NewPassword("changeit")
	s := keystore.New(keystore.JKS)
	if len(chain) > 0 {
		m.check(s.PutPrivateKey("openidm-localhost", m.rsa, chain, keystore.PutOptions{Password: password}))
	}
	for i, a := range anchors {
		m.check(s.PutCertificate(fmt.Sprint("anchor", i), a, keystore.PutOptions{}))
	}
	var b bytes.Buffer
	m.check(s.Encode(&b, password))
	return b.Bytes()
}

// readVerdicts gives Java's version and verdicts.
func readVerdicts(t *testing.T, out string) (version int, verdicts map[string]string) {
	t.Helper()
	verdicts = map[string]string{}
	for line := range strings.Lines(out) {
		name, verdict, _ := strings.Cut(strings.TrimSpace(line), "\t")
		verdicts[name] = verdict
	}
	version, err := strconv.Atoi(verdicts["java"])
	if err != nil {
		t.Fatal(err)
	}
	return version, verdicts
}
