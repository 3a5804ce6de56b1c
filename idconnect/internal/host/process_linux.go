package host

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// maxProc bounds a file of /proc, in bytes. A command line or an environment may have more; what is behind is not seen.
const maxProc = 1 << 20

func procFile(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

// isZombie reports whether a process has ended and only its parent does not know it yet.
func isZombie(pid int) bool {
	state, _, _ := stat(pid)
	return state == "Z" || state == "X"
}

// stat is the state of a process, its parent and the name of its program, "" for one that is gone.
func stat(pid int) (state string, parent int, name string) {
	b, err := disk.Read(procFile(pid, "stat"), maxProc)
	if err != nil {
		return "", 0, ""
	}
	// The name is in brackets, and may hold some.
	text := string(b)
	from, to := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return "", 0, ""
	}
	fields := strings.Fields(text[to+1:])
	if len(fields) < 2 {
		return "", 0, ""
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return "", 0, ""
	}
	return fields[0], parent, text[from+1 : to]
}

// In are the processes that have the folder dir: they work in it, their program lies in it, or they are a server whose
// command line names it. This process and those that it was started by are none of them, nor is another one of the same
// program. Processes of other users are seen as far as the system shows them.
func In(dir string) (found []Process) {
	folder, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil
	}
	below := func(path string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }
	self, _ := os.Readlink("/proc/self/exe")
	each(func(pid int, name string) {
		p := Process{PID: pid, Name: name}
		program, _ := os.Readlink(procFile(pid, "exe"))
		if program != "" && program == self {
			return
		}
		if place, err := os.Readlink(procFile(pid, "cwd")); err == nil && below(place) {
			p.How = "which works in " + place
		} else if below(program) {
			p.How = "whose program is " + program
		} else if p.IsServer() && (inCommand(nulls(pid, "cmdline"), folder) || inCommand(nulls(pid, "cmdline"), dir)) {
			p.How = "whose command line names " + dir
		} else {
			return
		}
		found = append(found, p)
	})
	return found
}

// Marked are the processes that have a variable with a value in their environment, which they inherit from whoever
// started them. seen is false where the system does not show that.
func Marked(name, value string) (found []Process, seen bool) {
	each(func(pid int, program string) {
		for _, v := range nulls(pid, "environ") {
			if v == name+"="+value {
				found = append(found, Process{PID: pid, Name: program})
				return
			}
		}
	})
	return found, true
}

// each calls f for every process that runs, but for this one and those that it was started by. It lists them more than
// once: one that ends while they are looked at may have handed on to a child that was not listed yet.
func each(f func(pid int, name string)) {
	seen := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !seen[pid]; {
		seen[pid] = true
		_, pid, _ = stat(pid)
	}
	for range 3 {
		all, err := os.ReadDir("/proc")
		if err != nil {
			return
		}
		for _, e := range all {
			pid, err := strconv.Atoi(e.Name())
			if err != nil || seen[pid] {
				continue
			}
			seen[pid] = true
			if state, _, name := stat(pid); state != "" && state != "Z" && state != "X" {
				f(pid, name)
			}
		}
	}
}

// nulls are the texts of a file of a process that end in a zero each.
func nulls(pid int, name string) (out []string) {
	f, err := os.Open(procFile(pid, name))
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, maxProc)
	n := 0
	for n < len(b) {
		m, err := f.Read(b[n:])
		if n += m; err != nil || m == 0 {
			break
		}
	}
	for part := range bytes.SplitSeq(b[:n], []byte{0}) {
		out = append(out, string(part))
	}
	return out
}
