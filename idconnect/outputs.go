package idconnect

import (
	"cmp"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// stateFile is where the comparison keeps its progress.
func (r *runner) stateFile() string {
	return cmp.Or(r.compare.StateFile, filepath.Join(r.StateDir, "verify.state"))
}

// checkOutputs says what would not be written once the work is done: files in the source's folder, and those that no
// earlier run wrote.
func (r *runner) checkOutputs(reportDir, repairList string) error {
	for _, path := range []string{r.compare.StateFile, reportDir, repairList} {
		if err := r.outsideSource(path); err != nil {
			return err
		}
		// It is empty, as a file that may be replaced is.
		if path != "" && disk.Contains(filepath.Join(r.StateDir, "lock"), path) {
			return &disk.OutputError{Path: path, Reason: "it is the lock of the upgrade"}
		}
	}
	if err := verify.CheckFiles(r.stateFile(), repairList); err != nil || reportDir == "" {
		return err
	}
	return report.CheckFiles(reportDir)
}

// outsideSource refuses to write a file or folder in the source's folder; "" is none.
func (r *runner) outsideSource(path string) error {
	if path == "" {
		return nil
	}
	return disk.CheckPlace(path, []string{r.SourceDir})
}
