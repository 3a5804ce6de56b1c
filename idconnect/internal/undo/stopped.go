package undo

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
)

// RunningError says that a server, or another program, has the folder that is to be changed.
type RunningError struct {
	Dir string
	// Processes have the folder. Answers is the address at which a server answers, "" if none does.
	Processes []host.Process
	Answers   string
}

func (e *RunningError) Error() string {
	var who []string
	if e.Answers != "" {
		who = append(who, "the target answers at "+e.Answers)
	}
	for _, p := range e.Processes {
		who = append(who, p.String())
	}
	return fmt.Sprintf("%s is in use: %s: stop it first", e.Dir, strings.Join(who, "; "))
}

// Remedy names the commands that stop it.
func (e *RunningError) Remedy() string {
	do := host.StopCommands(e.Processes)
	script := filepath.Join(e.Dir, "shutdown.sh")
	switch _, err := os.Stat(script); {
	case err == nil && runtime.GOOS != "windows" && do != "":
		do = "run " + script + ", or " + do
	case err == nil && runtime.GOOS != "windows":
		do = "run " + script
	case do != "":
		do = "run " + do
	default:
		do = "stop its service, or end its process"
	}
	return do + "; then run the same command again"
}

// Stopped returns a [*RunningError] if a server has the folder dir, be it one that does not answer, or if answers, the
// address at which one does, is not "". If the whole folder is to go, any other process that has it counts, too.
func Stopped(dir, answers string, whole bool) error {
	e := &RunningError{Dir: dir, Answers: answers, Processes: installation.Servers(dir)}
	if whole {
		e.Processes = host.Add(e.Processes, host.In(dir)...)
	}
	if len(e.Processes) == 0 && answers == "" {
		return nil
	}
	return e
}
