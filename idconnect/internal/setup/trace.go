package setup

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
)

// Trace finds what a set-up whose end is not known has started.
type Trace struct {
	// Dir is the folder, Mark that of Options, PID what Options.Started was told, 0 if it was not.
	Dir, Mark string
	PID       int
}

// logPatience is how long a server may write nothing to its log while it starts. A server that only its log shows is
// one whose process cannot be found: on Windows a script opens a window and ends.
const logPatience = 15 * time.Second

// Processes are what runs of it: whatever has the mark, and the server of the folder. Where marks cannot be seen the
// script is known by its PID.
func (t Trace) Processes() []host.Process {
	found := installation.Servers(t.Dir)
	if t.Mark == "" {
		return found
	}
	started, seen := host.Marked(markName, t.Mark)
	if !seen && t.PID > 0 && host.ProcessRuns(t.PID) {
		started = append(started, host.Process{PID: t.PID})
	}
	for _, p := range started {
		if !slices.ContainsFunc(found, func(q host.Process) bool { return q.PID == p.PID }) {
			p.How = "which an earlier set-up started"
			found = append(found, p)
		}
	}
	return found
}

// Log is the log that was written to a moment ago, "" where none was.
func (t Trace) Log() string {
	name, written := newestLog(t.Dir)
	if time.Since(written) > logPatience {
		return ""
	}
	return name
}

// PendingError says that a set-up, or the server that it started, is under way and does not become ready. A second one
// on the same folder would damage it.
type PendingError struct {
	Dir string
	// Seen is what shows that it is under way.
	Seen      string
	Processes []host.Process
	After     time.Duration
}

func (e *PendingError) Error() string {
	return fmt.Sprintf("nothing was started beside what is there: %s, and is not ready after %v", e.Seen, e.After)
}

// Remedy says what to do about it.
func (e *PendingError) Remedy() string {
	s := "look at the logs in " + filepath.Join(e.Dir, "logs")
	if stop := host.StopCommands(e.Processes); stop != "" {
		s += "; to start anew, stop it (" + stop + ")"
	}
	return s + "; then run the same command again"
}
