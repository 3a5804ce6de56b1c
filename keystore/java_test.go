package keystore

import (
	"bytes"
	"crypto"
	//lint:ignore SA1019 Java stores hold DSA keys
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tool finds a program of the JDK. Without it the test is skipped, or fails
// where REQUIRE_TOOLS=1.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("REQUIRE_TOOLS") == "1":
		t.Fatalf("%s is not installed", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return ""
}

// question asks Java for one store.
type question struct {
	format                      Format
	path, password, keyPassword string
}

// seenEntry is an entry as Java and we tell it alike.
type seenEntry struct {
	Alias, Kind, Algorithm, Key string
	Created                     int64
	Certificates                []string // SHA-256 and subject
}

func (e seenEntry) sameAlias(o seenEntry) int { return strings.Compare(e.Alias, o.Alias) }

// askJava gives for each store its entries, or Java's error.
func askJava(t *testing.T, questions []question) (stores [][]seenEntry, failed []string) {
	t.Helper()
	var in bytes.Buffer
	for _, q := range questions {
		fmt.Fprintf(&in, "%s\t%x\t%x\t%x\n", q.format, q.path, q.password, q.keyPassword)
	}
	for line := range strings.Lines(runJava(t, &in, "ReadStore.java")) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] == "store" {
			stores = append(stores, []seenEntry{})
			failed = append(failed, unhex(t, f[1]))
			continue
		}
		created, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		e := seenEntry{Alias: unhex(t, f[1]), Created: created, Kind: f[3], Algorithm: f[4], Key: f[5]}
		for _, c := range f[6:] {
			sum, subject, _ := strings.Cut(c, " ")
			e.Certificates = append(e.Certificates, sum+" "+unhex(t, subject))
		}
		last := &stores[len(stores)-1]
		*last = append(*last, e)
	}
	if len(stores) != len(questions) {
		t.Fatalf("Java answered %d of %d questions", len(stores), len(questions))
	}
	for _, s := range stores {
		slices.SortFunc(s, seenEntry.sameAlias)
	}
	return stores, failed
}

func runJava(t *testing.T, in *bytes.Buffer, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "java"), append([]string{filepath.Join("testdata", "java", program)}, args...)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if in != nil {
		cmd.Stdin = in
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &complaint)
	}
	return string(out)
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// see tells a store as Java does.
func see(t *testing.T, s *Store, keyPassword string) []seenEntry {
	t.Helper()
	out := []seenEntry{}
	for e := range s.Entries() {
		v := seenEntry{Alias: e.Alias, Kind: string(e.Kind), Created: e.Created.UnixMilli()}
		for _, der := range e.RawCertificates() {
			v.Certificates = append(v.Certificates, CertificateFingerprint(der)+" "+CertificateSubject(der))
		}
		switch e.Kind {
		case PrivateKey:
			if der, err := e.PKCS8(NewPassword(keyPassword)); err == nil {
				v.Algorithm, v.Key = algorithmOf(der), sum(der)
			} else {
				v.Kind = "key"
			}
		case SecretKey:
			if algorithm, key, err := e.SecretKey(NewPassword(keyPassword)); err == nil {
				v.Algorithm, v.Key = algorithm, sum(key)
			} else {
				v.Kind = "key"
			}
		}
		out = append(out, v)
	}
	slices.SortFunc(out, seenEntry.sameAlias)
	return out
}

// agree opens every store and compares with Java.
func agree(t *testing.T, questions []question) {
	t.Helper()
	answers, failed := askJava(t, questions)
	for i, q := range questions {
		name := filepath.Base(q.path)
		s, err := Open(q.path, NewPassword(q.password))
		if (err == nil) != (failed[i] == "") {
			t.Errorf("%s: Java says %q, we say %v", name, failed[i], err)
		}
		if err != nil || failed[i] != "" {
			continue
		}
		if d := cmp.Diff(answers[i], see(t, s, q.keyPassword)); d != "" {
			t.Errorf("%s as Java reads it (-), as we do (+):\n%s", name, d)
		}
	}
}

// TestJavaFixtures: Java on this machine reads the fixtures as we do.
func TestJavaFixtures(t *testing.T) {
	t.Parallel()
	var manifest map[string]manifestStore
	readJSON(t, "fixtures/manifest.json", &manifest)
	var questions []question
	for name, m := range manifest {
		if name == "trust.p12" {
			continue // go-pkcs12 shows neither alias nor date
		}
		questions = append(questions, question{Format(m.Type), filepath.Join("testdata", "fixtures", name), m.Password, m.Password})
	}
	agree(t, questions)
}

// selfSigned makes a certificate for a key, with any subject.
func selfSigned(t testing.TB, key crypto.Signer, subject []byte) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0), RawSubject: subject}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func commonName(t testing.TB, cn string) []byte {
	t.Helper()
	der, err := asn1.Marshal(pkix.Name{CommonName: cn}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestJavaReadsOurs: every algorithm, unicode aliases and passwords, iteration
// counts, both formats and versions.
func TestJavaReadsOurs(t *testing.T) {
	t.Parallel()
	tool(t, "java")
	generate := func(key crypto.Signer, err error) crypto.Signer {
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	signers := map[string]crypto.Signer{
		"rsa2048": generate(rsa.GenerateKey(rand.Reader, 2048)),
		"rsa3072": generate(rsa.GenerateKey(rand.Reader, 3072)),
		"p256":    generate(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		"p384":    generate(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
		"p521":    generate(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)),
		"ed25519": generate(ed, err),
	}
	var signed *x509.Certificate
	put := func(s *Store, o PutOptions) {
		t.Helper()
		for name, key := range signers {
			signed = selfSigned(t, key, commonName(t, name))
			if err := s.PutPrivateKey("Ключ "+name, key, []*x509.Certificate{signed}, o); err != nil {
				t.Fatal(err)
			}
		}
		dsaEntry, ok := openFixture(t, "keys.jceks").Entry("dsa")
		if !ok {
			t.Fatal("no DSA key")
		}
		key, err := dsaEntry.PrivateKey(NewPassword("changeit"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutPrivateKey("dsa", key.(*dsa.PrivateKey), []*x509.Certificate{signed}, o); err != nil {
			t.Fatal(err)
		}
		if err := s.PutCertificate("İΣ key😀\x00", signed, o); err != nil {
			t.Fatal(err)
		}
		if s.Format() == JKS {
			return
		}
		for _, k := range []struct {
			algorithm string
			size      int
		}{{"AES", 16}, {"AES", 24}, {"AES", 32}, {"HmacSHA256", 32}, {"HmacSHA512", 1000}, {"DESede", 24}, {"Blowfish", 5}} {
			key := make([]byte, k.size)
			rand.Read(key)
			if err := s.PutSecretKey(fmt.Sprintf("鍵 %s %d", k.algorithm, k.size), k.algorithm, key, o); err != nil {
				t.Fatal(err)
			}
		}
	}
	old := func(name string) *Store {
		s := openFixture(t, name)
		for e := range openFixture(t, name).Entries() {
			s.Delete(e.Alias)
		}
		if s.Len() != 0 || s.Version() != 1 {
			t.Fatal("not an empty store of version 1")
		}
		return s
	}
	dir := t.TempDir()
	var questions []question
	for name, c := range map[string]struct {
		s                     *Store
		password, keyPassword string
		iterations            int
	}{
		"20.jceks":       {New(JCEKS), "changeit", "changeit", 20},
		"10000.jceks":    {New(JCEKS), "changeit", "~ !#$ other", 10_000},
		"default.jceks":  {New(JCEKS), "changeit", "changeit", 0},
		"version1.jceks": {old("version1-chain.jceks"), "pass", "k", 1},
		"unicode.jceks":  {New(JCEKS), "pässwörd鍵😀", "ascii", 33},
		"latin1.jks":     {New(JKS), "changeit", "schlüssel", 0},
		"unicode.jks":    {New(JKS), "鍵😀", "鍵😀", 0},
		"version1.jks":   {old("version1-key.jks"), "changeit", "changeit", 0},
		"empty.jks":      {nil, "", "", 0},
	} {
		if c.s == nil {
			c.s = New(JKS)
		} else {
			put(c.s, PutOptions{Password: NewPassword(c.keyPassword), Iterations: c.iterations, Created: time.UnixMilli(1234567890123)})
		}
		path := filepath.Join(dir, name)
		if err := WriteFile(path, c.s, NewPassword(c.password)); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{c.s.Format(), path, c.password, c.keyPassword})
	}
	agree(t, questions)
}

func openFixture(t testing.TB, name string) *Store {
	t.Helper()
	s, err := Decode(bytes.NewReader(fixture(t, name)), NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWeReadJava: what Java on this machine writes, KeyRep included.
func TestWeReadJava(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "java.jceks")
	lines := strings.Fields(strings.ReplaceAll(runJava(t, nil, "WriteStore.java", path, "changeit"), "\n", " "))
	s, err := Open(path, NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 10 || len(lines) != 30 {
		t.Fatalf("%d entries, %d words", s.Len(), len(lines))
	}
	for f := range slices.Chunk(lines, 3) {
		e, ok := s.Entry(unhex(t, f[0]))
		if !ok {
			t.Errorf("no entry %q", unhex(t, f[0]))
			continue
		}
		algorithm, key, err := e.SecretKey(NewPassword("changeit"))
		if err != nil || algorithm != f[1] || sum(key) != f[2] {
			t.Errorf("%s: %s, %v", f[1], algorithm, err)
		}
	}
}

// TestJavaSubjects: names as Java prints them.
func TestJavaSubjects(t *testing.T) {
	t.Parallel()
	tool(t, "java")
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type rdn []attribute
	text := func(oid string, tag int, value string) attribute {
		var id asn1.ObjectIdentifier
		for part := range strings.SplitSeq(oid, ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				t.Fatal(err)
			}
			id = append(id, n)
		}
		return attribute{id, asn1.RawValue{Tag: tag, Bytes: []byte(value)}}
	}
	const cn, ou = "2.5.4.3", "2.5.4.11"
	names := [][]rdn{
		{},
		{{text(cn, 12, "plain")}},
		{{text(cn, 12, ` #lead, trail `)}, {text(ou, 19, "a+b=c")}},
		{{text(cn, 12, `"q"\;<x>,#`)}},
		{{text(cn, 12, "nul\x00 \r"), text(ou, 12, "multi")}},
		{{text(ou, 12, "z"), text(cn, 12, "a"), text("2.5.4.5", 19, "123")}},
		{{text(cn, 12, "Zoë 鍵 😀")}},
		{{text(cn, 12, "   ")}},
		{{text(cn, 20, "T61")}},
		{{text(cn, 22, "ia5@example.com")}},
		{{text(cn, 12, "")}},
		{{text("2.5.4.9", 12, "street")}, {text("0.9.2342.19200300.100.1.25", 22, "dc")}, {text("0.9.2342.19200300.100.1.1", 12, "uid")}},
		{{text("1.2.840.113549.1.9.1", 22, "mail@example.com")}, {text("2.5.4.12", 12, "title")}, {text("2.5.4.4", 12, "sn")}, {text("1.2.3.4", 12, "x")}},
		{{text("2.5.4.6", 19, "DE")}, {text("2.5.4.8", 12, "st")}, {text("2.5.4.7", 12, "l")}, {text("2.5.4.10", 12, "o")}},
		{{text(cn, 18, "123")}},
		{{text(cn, 27, "general")}},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := selfSigned(t, key, commonName(t, "issuer"))
	s := New(JKS)
	for i, n := range names {
		var sequence []asn1.RawValue
		for _, r := range n {
			der, err := asn1.MarshalWithParams(r, "set")
			if err != nil {
				t.Fatal(err)
			}
			sequence = append(sequence, asn1.RawValue{FullBytes: der})
		}
		subject, err := asn1.Marshal(sequence)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0), RawSubject: subject}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		// Some of these crypto/x509 refuses to parse.
		if err := s.PutCertificate(strconv.Itoa(i), &x509.Certificate{Raw: der}, PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "names.jks")
	if err := WriteFile(path, s, NewPassword("p")); err != nil {
		t.Fatal(err)
	}
	agree(t, []question{{JKS, path, "p", "p"}})
}

// TestWideSubjects: as JDK 25 prints them; up to 17 it takes every string for
// UTF-8.
func TestWideSubjects(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]asn1.RawValue{
		"BMP鍵":  {Tag: asn1.TagBMPString, Bytes: []byte("\x00B\x00M\x00P\x93\x75")},
		"T61 é": {Tag: asn1.TagT61String, Bytes: []byte("T61 \xe9")},
	} {
		if got, ok := directoryString(v); !ok || got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestJavaAliases: lower case as Java's.
func TestJavaAliases(t *testing.T) {
	t.Parallel()
	var in bytes.Buffer
	texts := []string{"İSTANBUL", "ΟΔΟΣ", "ΣΑΣ Σ ΑΣ", "ΑΣ.Α", "ΑΣ'Α", "ΑΣ-Α", "ΑΣ. Α", "ΑΣ", "Σ", "ǅ", "ẞ", "\u212a", "\u212b", "A\u0345Σ", "ΑΣ1", "ΑΣ_Α", "AB😀Σ", "ΑΣ\u00adΑ", "𐐀", "Ünï", "I", "\u0130\u0307"}
	for _, s := range texts {
		fmt.Fprintf(&in, "lower\t%x\n", s)
	}
	answers := strings.Split(strings.TrimSpace(runJava(t, &in, "ReadStore.java")), "\n")
	if len(answers) != len(texts) {
		t.Fatalf("%d answers", len(answers))
	}
	for i, s := range texts {
		_, a, _ := strings.Cut(answers[i], "\t")
		if want := unhex(t, a); lowerCase(s) != want {
			t.Errorf("%q: Java %q, we %q", s, want, lowerCase(s))
		}
	}
}

// lenient makes stores that Java takes although they are odd.
func lenient(t testing.TB) map[string][]byte {
	t.Helper()
	s := openFixture(t, "trust.jceks")
	head := func(count int) []byte {
		return []byte{0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2, 0, 0, 0, byte(count)}
	}
	seal := func(b []byte) []byte { return append(b, integrity("changeit", b)...) }
	twice := head(3)
	for i, e := range s.entries {
		raw := bytes.Clone(e.raw)
		if i < 2 {
			// The aliases are "inter", "leaf" and "root" in some order: the
			// first two become "x".
			raw = slices.Concat(raw[:4], []byte{0, 1, 'x'}, raw[6+len(e.alias):])
		}
		twice = append(twice, raw...)
	}
	upper := head(2)
	for i, e := range s.entries[:2] {
		upper = append(upper, slices.Concat(e.raw[:4], []byte{0, 1, "Xx"[i]}, e.raw[6+len(e.alias):])...)
	}
	return map[string][]byte{
		"two equal aliases":       seal(twice),
		"bytes after the trailer": append(fixture(t, "trust.jceks"), "more"...),
		"differ in case only":     seal(upper),
	}
}

// TestLenient: what Java tolerates we read as Java does, with a warning, and
// refuse if strict.
func TestLenient(t *testing.T) {
	t.Parallel()
	for name, data := range lenient(t) {
		s, err := Decode(bytes.NewReader(data), NewPassword("changeit"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, strict := Decode(bytes.NewReader(data), NewPassword("changeit"), Strict())
		if len(s.Warnings()) != 1 || !isAny(strict, ErrFormat) {
			t.Errorf("%s: warnings %q, strict: %v", name, s.Warnings(), strict)
		}
	}
}

func TestJavaIsAsLenient(t *testing.T) {
	t.Parallel()
	tool(t, "java")
	dir := t.TempDir()
	var questions []question
	for name, data := range lenient(t) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{JCEKS, path, "changeit", "changeit"})
	}
	stores, failed := askJava(t, questions)
	for i, f := range failed {
		if f != "" {
			t.Fatalf("%s: %s", questions[i].path, f)
		}
		if filepath.Base(questions[i].path) == "differ in case only" {
			// Java lists both, and shows one of them under both aliases.
			if len(stores[i]) != 2 {
				t.Errorf("Java lists %d entries", len(stores[i]))
			}
			questions[i].path = filepath.Join("testdata", "fixtures", "trust.jceks")
		}
	}
	agree(t, questions)
}
