package openidmtest_test

import (
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// BenchmarkServer starts and closes a server, of which a process has started one
// before: it costs 5 ms at most.
func BenchmarkServer(b *testing.B) {
	for _, role := range []openidmtest.Role{openidmtest.Source, openidmtest.Target} {
		b.Run(role.String(), func(b *testing.B) {
			start := func() {
				s, err := openidmtest.Start(openidmtest.Options{Role: role})
				if err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
			start()
			for b.Loop() {
				start()
			}
		})
	}
}
