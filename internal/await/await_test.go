package await_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
)

const asleep = "AWAIT_TEST_SLEEP"

func TestMain(m *testing.M) {
	if os.Getenv(asleep) != "" {
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// failure is a test that notes how it ended.
type failure struct {
	testing.TB
	said string
}

func (f *failure) Helper() {}

func (f *failure) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// TestNever: what never comes ends a test after a minute, and is named.
func TestNever(t *testing.T) {
	for name, wait := range map[string]func(testing.TB){
		"Until": func(tb testing.TB) { await.Until(tb, "the event", func() bool { return false }) },
		"Value": func(tb testing.TB) { await.Value(tb, "the event", make(chan int)) },
	} {
		synctest.Test(t, func(t *testing.T) {
			f, began := &failure{TB: t}, time.Now()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				wait(f)
			}()
			<-ended
			if took := time.Since(began); f.said != "not within 1m0s: the event" || took < await.Patience ||
				took > await.Patience+time.Second {
				t.Errorf("%s: %q after %v", name, f.said, took)
			}
		})
	}
}

// TestWithin: a call that is late once is made again, and one that always is ends the test.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		await.Within(t, "the call", time.Second, func() {
			if calls++; calls == 1 {
				time.Sleep(5 * time.Second)
			}
		})
		if calls != 2 {
			t.Errorf("called %d times", calls)
		}
		f, ended := &failure{TB: t}, make(chan struct{})
		go func() {
			defer close(ended)
			await.Within(f, "the call", time.Second, func() { time.Sleep(5 * time.Second) })
		}()
		<-ended
		if f.said != "the call took 5s, and always more than 1s" {
			t.Error(f.said)
		}
	})
}

// TestLate: what comes late, though not too late, is seen at once.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, comes := time.Now(), make(chan int, 1)
		time.AfterFunc(50*time.Second, func() { comes <- 7 })
		await.Until(t, "the value", func() bool { return len(comes) == 1 })
		if got := await.Value(t, "the value", comes); got != 7 || time.Since(began) > 51*time.Second {
			t.Errorf("%d after %v", got, time.Since(began))
		}
		close(comes)
		if got := await.Value(t, "the end", comes); got != 0 {
			t.Error(got)
		}
	})
}

func TestExit(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	quick := exec.Command(program, "-test.run=^$")
	if err := quick.Start(); err != nil {
		t.Fatal(err)
	}
	if err := await.Exit(t, quick); err != nil {
		t.Error(err)
	}
	slow := exec.Command(program)
	slow.Env = append(os.Environ(), asleep+"=1")
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slow.Process.Kill()
	if err := await.Exit(t, slow); err == nil || strings.Contains(err.Error(), "did not end") {
		t.Error(err)
	}
}
