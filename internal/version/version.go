// Package version tells the version of this module in the running program. Begin
// with [Module].
package version

import "runtime/debug"

// path is that of this module.
const path = "github.com/idconnect-go/upgrade"

// Module returns the version of this module, such as "v1.2.3"; "(devel)" if it was
// built from a working tree, "" if the program does not tell.
func Module() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return of(info)
}

// of finds it, be it the program's own or one that the program imports.
func of(info *debug.BuildInfo) string {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == path {
			if m.Replace != nil {
				m = m.Replace
			}
			if m.Version == "" {
				return "(devel)"
			}
			return m.Version
		}
	}
	return ""
}
