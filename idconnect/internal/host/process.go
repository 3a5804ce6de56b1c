package host

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Process is a process of this machine.
type Process struct {
	PID int
	// Name is that of its program, "" where it is not known.
	Name string
	// How says by what it was found, as a text that follows its name.
	How string
}

func (p Process) String() string {
	s := fmt.Sprintf("process %d", p.PID)
	if p.Name != "" {
		s += " (" + p.Name + ")"
	}
	if p.How != "" {
		s += ", " + p.How
	}
	return s
}

// IsServer reports whether it is a program that a server of OpenIDM consists of: Java, or its database.
func (p Process) IsServer() bool {
	return slices.Contains([]string{"java", "javaw", "postgres", "postmaster"}, strings.TrimSuffix(p.Name, ".exe"))
}

// StopCommands are what a person types to stop processes, "" for none.
func StopCommands(processes []Process) string {
	var all []string
	for _, p := range processes {
		all = append(all, StopCommand(p.PID))
	}
	return strings.Join(all, "; ")
}

// StopCommand is what a person types to stop a process.
func StopCommand(pid int) string {
	if runtime.GOOS == "windows" {
		return fmt.Sprintf("taskkill /t /pid %d", pid)
	}
	return fmt.Sprintf("kill %d", pid)
}

// CloseCommand is what a person types to keep other users from reading a file.
func CloseCommand(file string) string {
	if runtime.GOOS == "windows" {
		return fmt.Sprintf(`icacls "%s" /inheritance:r /grant:r *S-1-3-4:F`, file) // OWNER RIGHTS, in every language
	}
	return "chmod 600 '" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}

// inCommand reports whether an argument of a command names the folder dir or something in it, be it in a list or behind
// a "=".
func inCommand(args []string, dir string) bool {
	for _, arg := range args {
		for at := 0; ; {
			i := strings.Index(arg[at:], dir)
			if i < 0 {
				break
			}
			begin, end := at+i, at+i+len(dir)
			begins := begin == 0 || strings.ContainsRune("=:;,", rune(arg[begin-1]))
			ends := end == len(arg) || strings.ContainsRune(string(filepath.Separator)+":;,", rune(arg[end]))
			if begins && ends {
				return true
			}
			at = end
		}
	}
	return false
}
