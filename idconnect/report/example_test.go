package report_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// A program adds a format of its own: here a table of the collections.
func ExampleFormat() {
	table := report.Format{File: "collections.csv", Write: func(w io.Writer, v *report.View) error {
		out := csv.NewWriter(w)
		out.Write([]string{"collection", "source", "target", "result"})
		if v.Verify != nil {
			for _, c := range v.Verify.Collections {
				out.Write([]string{c.Name, fmt.Sprint(c.SourceCount), fmt.Sprint(c.TargetCount),
					c.Verdict()})
			}
		}
		out.Flush()
		return out.Error()
	}}

	r := &report.Report{Version: report.Version, Outcome: "differences", Verify: &verify.Report{
		Collections: []verify.CollectionReport{
			{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12405, MissingCount: 3},
			{Name: "roles", Checked: true, SourceCount: 12, TargetCount: 12},
		},
	}}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := r.Save(dir, report.HTML, table); err != nil {
		fmt.Println(err)
		return
	}
	text, err := os.ReadFile(filepath.Join(dir, "collections.csv"))
	fmt.Print(string(text))
	fmt.Println(err)
	// Output:
	// collection,source,target,result
	// users,12408,12405,3 missing
	// roles,12,12,same
	// <nil>
}

// What a run returned, kept as the four files that the command line writes.
func ExampleReport_Save() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	r := &report.Report{Version: report.Version, Outcome: "done"} // of Upgrade.Run
	if err := r.Save(dir); err != nil {
		fmt.Println(err)
		return
	}
	files, err := os.ReadDir(dir)
	for _, f := range files {
		fmt.Println(f.Name())
	}
	fmt.Println(err)
	// Output:
	// junit.xml
	// report.html
	// report.json
	// report.txt
	// <nil>
}
