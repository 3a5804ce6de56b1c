package idconnect_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/costlykeys"
	"github.com/idconnect-go/upgrade/keystore"
)

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path, content, 0o600))
}

// givenUp wants no goroutine of a plan that was given up to open keys still. All of them would take longer than
// await.Patience.
func givenUp(t *testing.T) {
	w := newWorld(t, 2)
	path := w.u.SourceDir + "/security/keystore.jceks"
	password := keystore.NewPassword("changeit")
	s, err := keystore.Open(path, password)
	must(t, err)
	costly, err := costlykeys.Encode(s, password, 500)
	must(t, err)
	writeFile(t, path, costly)
	w.u.Steps = []string{idconnect.StepStores}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	planned := make(chan error, 1)
	go pprof.Do(ctx, pprof.Labels(rowLabel, t.Name()), func(ctx context.Context) {
		_, err := w.u.Plan(ctx)
		planned <- err
	})
	await.Until(t, "keys are being opened", func() bool { return opensKeys(t) })
	cancel()
	if err := await.Value(t, "the end of the plan", planned); err == nil {
		t.Error("the keys were opened in time")
	}
	await.Until(t, "no key is being opened any more", func() bool { return !opensKeys(t) })
}

// rowLabel marks the goroutines of a row, and those that they start, for a profile.
const rowLabel = "row"

// opensKeys reports whether a goroutine of the test opens keys.
func opensKeys(t *testing.T) bool {
	var profile bytes.Buffer
	must(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	label := fmt.Sprintf("%q:%q", rowLabel, t.Name())
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, label) && strings.Contains(stack, "keystore.md5Pair") {
			return true
		}
	}
	return false
}
