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
	script := filepath.Join(e.Dir, "shutdown.sh")
	if _, err := os.Stat(script); err == nil && runtime.GOOS != "windows" {
		return "run " + script + e.commands(", or ") + "; then run the same command again"
	}
	if len(e.Processes) == 0 {
		return "stop its service, or end its process; then run the same command again"
	}
	return "run " + e.commands("") + "; then run the same command again"
}

func (e *RunningError) commands(before string) string {
	var all []string
	for _, p := range e.Processes {
		all = append(all, host.StopCommand(p.PID))
	}
	if len(all) == 0 {
		return ""
	}
	return before + strings.Join(all, "; ")
}

// Stopped returns a [*RunningError] if a server has the folder dir, be it one that does not answer, or if answers, the
// address at which one does, is not "". If the whole folder is to go, any other process that has it counts, too.
func Stopped(dir, answers string, whole bool) error {
	servers, others := installation.Holders(dir)
	e := &RunningError{Dir: dir, Answers: answers, Processes: servers}
	if whole {
		e.Processes = append(e.Processes, others...)
	}
	if len(e.Processes) == 0 && answers == "" {
		return nil
	}
	return e
}
