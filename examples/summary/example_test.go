package summary_test

import (
	"fmt"
	"os"
	"time"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// A program adds a report to the summary of the step in which GitHub runs it.
func ExampleAppend() {
	r := &report.Report{Version: report.Version, Outcome: "done", Ended: time.Unix(1e9, 0).UTC(),
		Verify: &verify.Report{Collections: []verify.CollectionReport{
			{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12408},
		}},
	}
	if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
		if err := summary.Append(file, r); err != nil {
			fmt.Println(err)
		}
	}
	if err := r.Write(os.Stdout, summary.Markdown); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <!-- A report on Salesforce Identity Connect. -->
	//
	// ## ✅ Both servers hold the same records
	//
	// All 12,408 records of the source are in the target with the same content.
	//
	// |  |  |
	// | --- | --- |
	// | Date | 9 September 2001, 01:46 UTC |
	//
	// ### Records
	//
	// | Collection | Source | Target | Result |
	// | --- | --- | --- | --- |
	// | users | 12,408 | 12,408 | same |
}
