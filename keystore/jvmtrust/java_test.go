package jvmtrust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

func TestMain(m *testing.M) { javatest.Main(m) }

// TestTrustMatrix compares each verdict with what Java said when the matrix
// was written, and with what the Java of this machine and Java 11 say.
func TestTrustMatrix(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	cases := trustCases(m)
	chosen := exhaustive.Sample(cases, 60)
	for _, c := range cases {
		store, err := keystore.Decode(bytes.NewReader(encode(m, c.keys, c.anchors)),
			keystore.NewPassword("changeit"))
		m.check(err)
		if err := New(store).verifyAt(m.now, c.host, c.chain); err != nil {
			var refused *Error
			if !errors.As(err, &refused) || refused.Remedy == "" || refused.Reason == "" ||
				refused.Host != c.host || refused.Certificate == nil {
				t.Errorf("%s: incomplete: %#v", c.name, err)
			}
		}
		for release, want := range map[int]string{11: c.want, 17: c.on(17)} {
			if got := verdictOf(m, c, release); got != orAccepted(want) {
				t.Errorf("%s, Java %d:\n got %q\nwant %q", c.name, release, got, want)
			}
		}
	}
	compareVerdicts(t, m, chosen, len(cases))
}

// verdictOf is our verdict of a case by the rules of a release of Java.
func verdictOf(m *mint, c trustCase, release int) string {
	store, err := keystore.Decode(bytes.NewReader(encode(m, c.keys, c.anchors)), keystore.NewPassword("changeit"))
	m.check(err)
	trust := New(store)
	trust.release = release
	var refused *Error
	switch err := trust.verifyAt(m.now, c.host, c.chain); {
	case err == nil:
		return "accepted"
	case errors.As(err, &refused) && refused.Reason == ReasonTruststore:
		return "the truststore does not load"
	case errors.As(err, &refused) && refused.Reason == ReasonDamaged:
		return "the chain cannot be read"
	default:
		return err.Error()
	}
}

// compareVerdicts asks each Java about the cases, all of which have a name of
// their own.
func compareVerdicts(t *testing.T, m *mint, cases []trustCase, all int) {
	t.Helper()
	dir := t.TempDir()
	writeCases(m, dir, cases)
	javatest.Each(t, "Verdicts", []string{dir}, func(t *testing.T, out string) {
		version, said := readVerdicts(t, out)
		agree, changed := 0, 0
		for _, c := range cases {
			java, got := said[c.name], verdictOf(m, c, min(version, 17))
			switch {
			case java == got,
				strings.Contains(c.name, namesake) && java != "accepted" && got != "accepted":
				agree++
			case version > 17 && c.newer != "" && java == c.newer:
				changed++
			default:
				t.Errorf("%s:\n  here: %q\n  Java %d: %q\n%s", c.name, got, version, java, c.der())
			}
		}
		of := ""
		if len(cases) < all {
			of = fmt.Sprintf(" of %d", all)
		}
		t.Logf("%d of %d%s verdicts as Java %d", agree, len(cases), of, version)
		if changed > 0 {
			t.Logf("%d are of rules that changed after Java 17", changed)
		}
	})
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
	names := map[string]bool{}
	for i, c := range cases {
		if names[c.name] {
			m.t.Errorf("two cases are named %q", c.name)
		}
		names[c.name] = true
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
		if name == "ERROR" {
			t.Error(verdict)
		}
		verdicts[name] = verdict
	}
	version, err := strconv.Atoi(verdicts["java"])
	if err != nil {
		t.Fatal(err)
	}
	return version, verdicts
}

// der is a case for who looks into it.
func (c trustCase) der() string {
	var b strings.Builder
	for _, a := range slices.Concat(c.keys, c.anchors) {
		fmt.Fprintf(&b, "  anchor %x\n", a.Raw)
	}
	for _, l := range c.chain {
		fmt.Fprintf(&b, "  chain %x\n", l.Raw)
	}
	return b.String()
}
