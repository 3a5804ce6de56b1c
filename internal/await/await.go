// Package await makes tests steady on a busy machine: they wait for an event and never for a fixed time, and what
// does not come within [Patience] fails the test with what it was. It is for tests only. Begin with [Until]; [Value]
// waits for a channel, [Exit] for a command; [Within] is for what must be quick.
package await

import (
	"flag"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// Patience is how long a test waits for what must come. It is no measure of speed: a test that takes less on an idle
// machine takes as long as it needs on a busy one.
const Patience = time.Minute

// Until calls ok, with short pauses, until it returns true. After Patience it ends the test.
func Until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	const first, longest = time.Millisecond, 10 * time.Millisecond
	end := time.Now().Add(Patience)
	for pause := first; !ok(); pause = min(2*pause, longest) {
		if time.Now().After(end) {
			tb.Fatalf("not within %v: %s", Patience, what)
		}
		time.Sleep(pause)
	}
}

// Value returns what a channel gives, or its zero value if it is closed. After Patience it ends the test.
func Value[T any](tb testing.TB, what string, from <-chan T) T {
	tb.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case v := <-from:
		return v
	case <-late.C:
		tb.Fatalf("not within %v: %s", Patience, what)
		panic("unreachable")
	}
}

// Exit waits for a command that was started, and returns what its Wait does. After Patience it kills the command and
// ends the test.
func Exit(tb testing.TB, cmd *exec.Cmd) error {
	tb.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		_ = cmd.Process.Kill()
		tb.Fatalf("%s did not end within %v", cmd, Patience)
		return nil
	}
}

// Within calls f until a call takes no longer than limit: on a busy machine some do, and one that always does fails
// the test after Patience.
func Within(tb testing.TB, what string, limit time.Duration, f func()) {
	tb.Helper()
	for end := time.Now().Add(Patience); ; {
		began := time.Now()
		f()
		took := time.Since(began)
		if took <= limit {
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("%s took %v, and always more than %v", what, took, limit)
		}
	}
}

// Beside lets n parallel tests run at once, or as many as there are processors if that is more. It is for a package
// whose tests mostly wait, and is called in TestMain.
func Beside(n int) {
	if err := flag.Set("test.parallel", strconv.Itoa(max(n, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err)
	}
}
