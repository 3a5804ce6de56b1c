package host

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxProc bounds a file of /proc, in bytes. A command line or an environment may have more; what is behind is not seen.
const maxProc = 1 << 20

func procFile(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// read returns a file of a process, nil for one that is gone or of somebody else. It asks the system directly: there
// are hundreds of them, and a file of /proc needs no poller.
func read(pid int, name string) []byte {
	f, err := unix.Open(procFile(pid, name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(f)
	b := make([]byte, 0, 2048)
	for len(b) < maxProc {
		b = slices.Grow(b, 1024)
		n, err := unix.Read(f, b[len(b):cap(b)])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		b = b[:len(b)+n]
	}
	return b[:min(len(b), maxProc)]
}

// isZombie reports whether a process has ended and only its parent does not know it yet.
func isZombie(pid int) bool {
	state, _ := stat(pid)
	return state == "Z" || state == "X"
}

// stat is the state of a process and its parent, "" for one that is gone.
func stat(pid int) (state string, parent int) {
	b := read(pid, "stat")
	// The name is in brackets, and may hold some.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return "", 0
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return "", 0
	}
	return string(fields[0]), parent
}

// program is the name of the program of a process.
func program(pid int) string { return strings.TrimSuffix(string(read(pid, "comm")), "\n") }

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
	each(func(pid int) {
		file, err := os.Readlink(procFile(pid, "exe"))
		if file == self && self != "" || errors.Is(err, fs.ErrNotExist) { // it has ended, or is a part of the kernel
			return
		}
		p := Process{PID: pid, Name: program(pid)}
		named := func() bool {
			args := nulls(pid, "cmdline")
			return inCommand(args, folder) || inCommand(args, dir)
		}
		if place, err := os.Readlink(procFile(pid, "cwd")); err == nil && below(place) {
			p.How = "which works in " + place
		} else if below(file) {
			p.How = "whose program is " + file
		} else if p.IsServer() && named() {
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
	each(func(pid int) {
		if slices.Contains(nulls(pid, "environ"), name+"="+value) {
			found = append(found, Process{PID: pid, Name: program(pid)})
		}
	})
	return found, true
}

// each calls f for every process, but for this one and those that it was started by. It lists them more than once: one
// that ends while they are looked at may have handed on to a child that was not listed yet.
func each(f func(pid int)) {
	seen := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !seen[pid]; {
		seen[pid] = true
		_, pid = stat(pid)
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
			f(pid)
		}
	}
}

// nulls are the texts of a file of a process that end in a zero each.
func nulls(pid int, name string) []string {
	return strings.Split(string(read(pid, name)), "\x00")
}
