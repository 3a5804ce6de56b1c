package preflight_test

import (
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// A program branches on the codes of the findings in a plan or a report.
func ExampleFindings_Has() {
	findings := preflight.Findings{
		preflight.Codes.SourceCertName.Finding("configure", "the certificate names %s", "old.example.com"),
	}
	if findings.Has("SOURCE-CERT-NAME") {
		fmt.Println("change the instance URL")
	}
	for _, f := range findings.Blocking() {
		fmt.Println(f.Code, f.Severity, f.Step)
	}
	// Output:
	// change the instance URL
	// SOURCE-CERT-NAME blocks configure
}
