package keystore

import (
	"bytes"
	"crypto/md5"
	"crypto/x509"
	"strconv"
	"testing"
)

// BenchmarkDerive is one key at Java's default of 200,000 iterations.
func BenchmarkDerive(b *testing.B) {
	for b.Loop() {
		pbeDerive(b.Context(), []byte("changeit"), pbeParams{[]byte("12345678"), defaultIterations})
	}
}

// BenchmarkDeriveLong is the same with a password that takes two blocks.
func BenchmarkDeriveLong(b *testing.B) {
	for b.Loop() {
		pbeDerive(b.Context(), bytes.Repeat([]byte("x"), 60), pbeParams{[]byte("12345678"), defaultIterations})
	}
}

// BenchmarkOpenKeys opens the five keys of a server's store.
func BenchmarkOpenKeys(b *testing.B) {
	data := fixture(b, "idm-jdk17.jceks")
	for b.Loop() {
		s, err := Decode(bytes.NewReader(data), NewPassword("changeit"))
		if err != nil {
			b.Fatal(err)
		}
		for _, k := range s.OpenKeys(b.Context(), NewPassword("changeit")) {
			if k.Err != nil {
				b.Fatal(k.Err)
			}
		}
	}
}

func manyCertificates(tb testing.TB, n int) []byte {
	tb.Helper()
	cert := &x509.Certificate{Raw: openFixture(tb, "trust.jks").entries[0].public().RawCertificates()[0]}
	s := New(JKS)
	for i := range n {
		if err := s.PutCertificate("certificate "+strconv.Itoa(i), cert, PutOptions{}); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := s.Encode(&b, NewPassword("changeit")); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// BenchmarkList lists 100,000 trusted certificates.
func BenchmarkList(b *testing.B) {
	data := manyCertificates(b, 100_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Decode(bytes.NewReader(data), NewPassword("changeit"))
		if err != nil || s.Len() != 100_000 {
			b.Fatal(err)
		}
	}
}

// TestHashOn compares both ways to hash with crypto/md5, around the length at
// which a password no longer fits into one block.
func TestHashOn(t *testing.T) {
	t.Parallel()
	for n := range 80 {
		password := bytes.Repeat([]byte("p"), n)
		halves := [2][md5.Size]byte{md5.Sum([]byte("a")), md5.Sum([]byte("b"))}
		want := halves
		for range 7 {
			for h := range want {
				want[h] = md5.Sum(append(want[h][:], password...))
			}
		}
		hashOn(&halves, password, 7)
		if halves != want {
			t.Errorf("a password of %d bytes: %x, not %x", n, halves, want)
		}
	}
}
