package version

import (
	"runtime/debug"
	"testing"
)

func TestModule(t *testing.T) {
	t.Parallel()
	ours := func(version string) debug.Module { return debug.Module{Path: path, Version: version} }
	released := ours("v1.2.3")
	replaced := ours("v1.2.3")
	replaced.Replace = &debug.Module{Path: "../.."}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"main":     {debug.BuildInfo{Main: ours("v1.2.3")}, "v1.2.3"},
		"tree":     {debug.BuildInfo{Main: ours("(devel)")}, "(devel)"},
		"imported": {debug.BuildInfo{Main: debug.Module{Path: "a"}, Deps: []*debug.Module{&released}}, "v1.2.3"},
		"replaced": {debug.BuildInfo{Main: debug.Module{Path: "a"}, Deps: []*debug.Module{&replaced}}, "(devel)"},
		"other":    {debug.BuildInfo{Main: debug.Module{Path: "a", Version: "v9"}}, ""},
	} {
		if got := of(&c.info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := Module(); got == "" {
		t.Error("the version of this test is not known")
	}
}
