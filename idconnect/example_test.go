package idconnect_test

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect"
)

// One step on its own, with its events in a loop, and back again.
func ExampleUpgrade_Stream() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	pack := filepath.Join(dir, "IdentityConnect-7.1.6.zip")
	if err := examplePackage(pack); err != nil {
		fmt.Println(err)
		return
	}
	u := &idconnect.Upgrade{
		Package: pack, TargetDir: filepath.Join(dir, "salesforceIdConnect"), Steps: []string{idconnect.StepUnpack},
	}
	run := u.Stream(context.Background())
	for e := range run.Events() {
		if e.Kind == idconnect.EventStep {
			fmt.Println(e.Step, e.State)
		}
	}
	report, err := run.Result()
	fmt.Println(report.Outcome, err)

	results, err := u.Rollback(context.Background(), idconnect.StepUnpack)
	for _, r := range results {
		fmt.Println(r.Name, r.State)
	}
	_, gone := os.Stat(u.TargetDir)
	fmt.Println(err, os.IsNotExist(gone))
	// Output:
	// unpack running
	// unpack done
	// done <nil>
	// unpack done
	// <nil> true
}

func examplePackage(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, name := range []string{"setup.sh", "setup.bat", "security/README"} {
		if _, err := z.Create("salesforceIdConnect/" + name); err != nil {
			return err
		}
	}
	return z.Close()
}
