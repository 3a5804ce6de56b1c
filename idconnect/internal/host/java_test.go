package host

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/executable"
)

func TestJava(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Java{
		`openjdk version "11.0.25" 2024-10-15` + "\n64-Bit Server VM": {
			Version: "11.0.25", Major: 11, Bits: 64,
		},
		`java version "1.8.0_202"` + "\nJava HotSpot(TM) 64-Bit Server": {
			Version: "1.8.0_202", Major: 8, Bits: 64,
		},
		`openjdk version "11" 2018-09-25` + "\nClient VM": {Version: "11", Major: 11, Bits: 32},
		`openjdk version "25-ea" x` + "\n64-Bit": {
			Version: "25-ea", Major: 25, Bits: 64,
		},
		`nonsense`: {Bits: 32},
	} {
		var got Java
		got.read(text)
		if got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	said := firstWords("Picked up JAVA_TOOL_OPTIONS: -Dx\n\nError: could not open `jvm.cfg'\n" +
		strings.Repeat("x", 9999))
	if !strings.HasPrefix(said, "Error: could not open `jvm.cfg' / xx") || len(said) > maxSaid+len("…") {
		t.Errorf("%d bytes: %s", len(said), said)
	}
	var no *JavaError
	_, err := FindJava(t.Context(), t.TempDir(), Machine{})
	if !errors.As(err, &no) || no.Kind != JavaMissing || no.Remedy() == "" {
		t.Errorf("%v", err)
	}
}

// A wrapper of Java may leave a program behind that holds its output.
func TestJavaOutputHeld(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sh is not there")
	}
	old := outputDelay
	outputDelay = time.Second
	t.Cleanup(func() { outputDelay = old })
	java := Java{Path: filepath.Join(t.TempDir(), "java")}
	script := "#!/bin/sh\necho 'openjdk version \"11.0.25\" 64-Bit' >&2\nsleep 5 &\n"
	if err := executable.Write(java.Path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := java.Ask(t.Context(), Machine{}); err != nil || java.Major != 11 {
		t.Fatalf("%+v, %v", java, err)
	}
	outputDelay = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := java.Ask(ctx, Machine{}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
