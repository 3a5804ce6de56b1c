package build_test

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/build"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: "example.com/m", Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
			{Key: "vcs.time", Value: "2026-11-28T12:00:00Z"}}}
	said := build.Of(info).String()
	want := "example.com/m v1.2.3\ncommit abc of 2026-11-28T12:00:00Z, modified since\ngo1.26.8 "
	if !strings.HasPrefix(said, want) {
		t.Errorf("%q, want %q…", said, want)
	}
	for _, info := range []*debug.BuildInfo{nil, {}} {
		if said := build.Of(info).String(); !strings.Contains(said, " (devel)\ncommit not known\n") {
			t.Errorf("%q", said)
		}
	}
}
