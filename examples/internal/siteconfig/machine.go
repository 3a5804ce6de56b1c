package siteconfig

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
)

// Adapt makes u the part of the site's upgrade that this machine can do, and
// returns a note for the person, "" if this machine does everything. It does
// nothing without a handover, which is what tells of two machines, and where u
// has a StoresFile already.
//
// The machine with the source's folder alone is the source's: it does the step
// prepare, and export; verify, where only that is chosen; and no other step, which
// is an error. One without that folder is the target's: it takes the stores from
// the handover file and does every step. One with both folders does everything
// without the file.
func (c *Config) Adapt(u *idconnect.Upgrade) (note string, err error) {
	if c.Handover == nil || u.StoresFile != "" {
		return "", nil
	}
	source, target := isDir(u.SourceDir), isDir(u.TargetDir)
	switch {
	case source && target:
		return "", nil
	case !source:
		absent := "no source folder is named"
		if u.SourceDir != "" {
			absent = u.SourceDir + " is not on this machine"
		}
		u.SourceDir, u.StoresFile = "", c.Handover.Target
		note = fmt.Sprintf("%s, so this is the target's machine: the stores come from %s", absent, u.StoresFile)
		if _, err := os.Stat(u.StoresFile); err != nil {
			note += ", which is not there yet: run export on the source's machine and copy the file"
		}
		return note, nil
	}
	return c.sourceOnly(u)
}

// sourceOnly leaves to the target's machine what is done there.
func (c *Config) sourceOnly(u *idconnect.Upgrade) (string, error) {
	absent := "no target folder is named"
	if u.TargetDir != "" {
		absent = u.TargetDir + " is not on this machine"
	}
	u.TargetDir, u.Package = "", ""
	chosen := u.Steps
	if len(chosen) == 0 {
		chosen = idconnect.StepNames()
	}
	if slices.Equal(chosen, []string{idconnect.StepVerify}) {
		return "", nil // which only talks to the servers
	}
	left := slices.DeleteFunc(slices.Clone(chosen), func(s string) bool { return s == idconnect.StepPrepare })
	where := fmt.Sprintf("%s, and the file has a handover, so this is the source's machine", absent)
	if len(left) == len(chosen) {
		return "", fmt.Errorf("%s: run %s on the target's machine; if there is only one machine, remove handover "+
			"from the file", where, strings.Join(left, ", "))
	}
	u.Steps = []string{idconnect.StepPrepare}
	return fmt.Sprintf("%s; left to the target's: %s. Here, run export, and copy %s there. "+
		"(If there is only one machine, remove handover from the file.)",
		where, strings.Join(left, ", "), c.Handover.Source), nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
