package inspect

import (
	"slices"
	"testing"
)

// TestBundleVersion: the versions in the names of bundles, in both forms.
func TestBundleVersion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"openidm-system-7.1.0.jar":                                               "7.1.0",
		"openidm-provisioner-openicf-3.1.0.jar":                                  "3.1.0",
		"openidm-core-7.1.6-PATCH.jar":                                           "7.1.6",
		"openidm-core-7.1.6.1.jar":                                               "7.1.6.1",
		"openidm-core-7.0.2-SNAPSHOT.jar":                                        "7.0.2",
		"openidm-7.1.0.jar":                                                      "7.1.0",
		"openidm-repo-orientdb2-7.0.2.jar":                                       "7.0.2",
		"org.openidentityplatform.openidm.openidm-core-7.0.2.jar":                "7.0.2",
		"org.openidentityplatform.openidm.openidm-workflow-activiti-7.0.2.jar":   "7.0.2",
		"org.forgerock.openidm.openidm-system-7.1.0.jar":                         "7.1.0",
		"org.openidentityplatform.commons.launcher.launcher-zip-2.0.1.jar":       "",
		"org.openidentityplatform.openicf.framework.connector-framework-2.0.jar": "",
		"myopenidm-core-9.9.jar":                                                 "",
		"openidm-core.jar":                                                       "",
		"openidm-core-7.1.0.jar.bak":                                             "",
		"openidm-system-7.1.0.txt":                                               "",
	} {
		if got := bundleVersion(slices.Values([]string{"bundle/" + name})); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
}
