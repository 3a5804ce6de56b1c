package keystore

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// TestJavaMatrix: stores of all that Java can put into one, as Java reads them;
// and once more after we wrote them.
func TestJavaMatrix(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "java")
	dir := t.TempDir()
	step := "18" // the sample
	if exhaustive.All() {
		step = "1"
	}
	out := strings.Split(strings.TrimSpace(javatest.Run(t, "MakeStores", dir,
		filepath.Join("testdata", "fixtures", "trust.jks"), step)), "\n")
	last := len(out) - 1
	if last < 20 || out[last] != "refused" && out[last] != "taken" {
		t.Fatalf("%d lines, the last is %q", len(out), out[last])
	}
	t.Logf("key passwords that are not ASCII are %s by this Java", out[last])
	out = out[:last]
	var questions []question
	made := slices.DeleteFunc(slices.Clone(out), func(line string) bool { return line == "left out" })
	t.Logf("Java made %s stores", ofAll(len(made), len(out)))
	for _, line := range made {
		f := strings.Split(line, "\t")
		q := question{Format(f[0]), unhex(t, f[1]), unhex(t, f[2]), unhex(t, f[3])}
		if _, reason, refused := strings.Cut(strings.TrimSuffix(filepath.Base(q.path), ")"), "("); refused {
			// What go-pkcs12 cannot show is an error and never a guess.
			if _, err := Open(q.path, NewPassword(q.password)); !errors.Is(err, ErrPKCS12Unsupported) ||
				!strings.Contains(err.Error(), reason) {
				t.Errorf("%s: %v", filepath.Base(q.path), err)
			}
			continue
		}
		questions = append(questions, q)
		if q.format == PKCS12 {
			continue // is never written
		}

		// Every entry put anew, under other passwords and aliases in order.
		s, err := Open(q.path, NewPassword(q.password), Strict())
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(q.path), err)
			continue
		}
		var same bytes.Buffer
		if err := s.Encode(&same, NewPassword(q.password)); err != nil ||
			!bytes.Equal(same.Bytes(), content(t, q.path)) {
			t.Errorf("%s: not written as it was, %v", filepath.Base(q.path), err)
		}
		copied := New(s.Format())
		o := PutOptions{Password: NewPassword("other"), Iterations: 100}
		for e := range s.Entries() {
			o.Created = e.Created
			if err := putAnew(copied, e, NewPassword(q.keyPassword), o); q.keyPassword == "second" &&
				errors.Is(err, ErrKeyPassword) {
				continue
			} else if e.Alias == "pbe of nothing" && errors.Is(err, ErrFormat) {
				continue // nor does Java open it
			} else if err != nil {
				t.Errorf("%s: %v", filepath.Base(q.path), err)
			}
		}
		q.path, q.keyPassword, q.password = q.path+" anew", "other", "näw 鍵"
		if err := WriteFile(q.path, copied, NewPassword(q.password)); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, q)
	}
	agree(t, questions, len(questions))
}

// putAnew moves an entry by what it holds, not by its bytes.
func putAnew(s *Store, e Entry, p Password, o PutOptions) error {
	switch e.Kind {
	case SecretKey:
		algorithm, key, err := e.SecretKey(p)
		if err != nil {
			return err
		}
		return s.PutSecretKey(e.Alias, algorithm, key, o)
	case PrivateKey:
		key, err := e.PrivateKey(p)
		if err != nil {
			return err
		}
		chain, err := e.Certificates()
		if err != nil {
			return err
		}
		return s.PutPrivateKey(e.Alias, key, chain, o)
	}
	certs, err := e.Certificates()
	if err != nil {
		return err
	}
	return s.PutCertificate(e.Alias, certs[0], o)
}
