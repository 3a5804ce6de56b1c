package inspect

import (
	"regexp"
	"strings"
)

const (
	// targetGeneration is the version of OpenIDM in 7.1.6 (inferred).
	targetGeneration = "7.1"
	// productVersion is what this module upgrades to.
	productVersion = "7.1.6"
)

// ofGeneration says whether a version is that of a generation, or later in it.
func ofGeneration(version, generation string) bool {
	later, ok := strings.CutPrefix(version, generation)
	return ok && (later == "" || later[0] == '.' || later[0] == '-')
}

var bundleName = regexp.MustCompile(
	`(?:^|/)bundle/(?:[a-z0-9_]+\.)*openidm-(?:[a-z][a-z0-9]*-)*(\d+(?:\.\d+)+)(?:[-.][^/]*)?\.jar$`)

// bundleVersion is the version that most of IDM's own files in its folder
// bundle have, "" where there are none: openidm-system-7.1.0.jar, or with the
// group before it org.openidentityplatform.openidm.openidm-core-7.0.2.jar. That
// 7.1.6 names them so is assumed; the first is true of 3.x and of ForgeRock's
// 7.x, the second of the community's 7.0.2.
func bundleVersion(paths []string) string {
	count := map[string]int{}
	best := ""
	for _, path := range paths {
		m := bundleName.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		count[m[1]]++
		if n := count[m[1]]; n > count[best] || n == count[best] && m[1] > best {
			best = m[1]
		}
	}
	return best
}
