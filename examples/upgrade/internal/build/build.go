// Package build says of which sources, and with what, the program was built. Begin with [Of].
package build

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Info is how a program was built.
type Info struct {
	Module  string `json:"module"`
	Version string `json:"version"`
	// Commit is "" where the program was built without its history; Modified says
	// that files were changed since, and Time when the commit was made.
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Time     string `json:"time,omitempty"`
	Go       string `json:"go"`
	System   string `json:"system"`
}

// Of reads it from what the compiler wrote into the program; info may be
// nil, where it did not.
func Of(info *debug.BuildInfo) Info {
	v := Info{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return v
	}
	v.Module, v.Version, v.Go = info.Main.Path, cmp.Or(info.Main.Version, v.Version), info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		case "vcs.time":
			v.Time = s.Value
		}
	}
	return v
}

// String returns it in three lines.
func (v Info) String() string {
	commit := cmp.Or(v.Commit, "not known")
	if v.Time != "" {
		commit += " of " + v.Time
	}
	if v.Modified {
		commit += ", modified since"
	}
	return fmt.Sprintf("%s %s\ncommit %s\n%s %s", v.Module, v.Version, commit, v.Go, v.System)
}
