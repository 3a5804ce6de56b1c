package idconnecttest_test

import (
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
)

// BenchmarkPair starts and closes a pair, of which a process has started one before.
func BenchmarkPair(b *testing.B) {
	start := func() {
		p, err := idconnecttest.StartPair(idconnecttest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
	start()
	for b.Loop() {
		start()
	}
}

// BenchmarkSite makes a site and closes it.
func BenchmarkSite(b *testing.B) {
	for b.Loop() {
		s, err := idconnecttest.StartSite(b.TempDir(), idconnecttest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
