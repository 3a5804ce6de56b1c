package idconnect

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
)

// serverPorts are the properties of boot.properties that name ports on which
// the server listens (true of 3.x and 7.0.2).
var serverPorts = []string{"openidm.port.https", "openidm.port.http", "openidm.port.mutualauth"}

// lookAtPorts looks whether another program has a port that the set-up needs.
// Ports are tried by a connection, which is closed at once. A set-up that was
// killed may have left a server that starts, and so opens its ports while this
// looks: the step waits for it.
func (r *run) lookAtPorts(ctx context.Context) Findings {
	seen := r.targetSeen.Load()
	if seen == nil || seen.answered || r.targetRuns() || r.journal.Setup.IsOpen() {
		return nil
	}
	target, err := url.Parse(r.u.targetURL())
	if err != nil {
		return nil
	}
	host := cmp.Or(r.u.Checks.PortHost, target.Hostname())
	wanted := []string{portOf(target)}
	why := map[string]string{wanted[0]: "the port of " + r.u.targetURL()}
	// Without a folder that is there the address alone says a port.
	inst, _ := installation.Open(r.u.TargetDir)
	if inst != nil {
		for _, name := range serverPorts {
			if port := inst.Port(name); port > 0 && why[strconv.Itoa(port)] == "" {
				wanted = append(wanted, strconv.Itoa(port))
				why[strconv.Itoa(port)] = name + " of the target"
			}
		}
	}
	var found Findings
	for _, port := range wanted {
		if listens(ctx, host, port) {
			found = append(found, finding(CodeTargetPort, StepSetup, "another program listens on %s, %s", net.JoinHostPort(host, port), why[port]))
		}
	}
	port, from := r.databasePort(inst)
	if port < 0 {
		return found
	}
	host = cmp.Or(r.u.Checks.PortHost, "localhost")
	if listens(ctx, host, strconv.Itoa(port)) {
		f := finding(CodeDatabasePort, StepSetup, "another program listens on %s, %s", net.JoinHostPort(host, strconv.Itoa(port)), from)
		if from != assumedPort {
			f = f.as(Blocks)
		}
		found = append(found, f)
	}
	return found
}

const assumedPort = "assumed to be the port of the embedded Postgres"

// databasePort is the one of the embedded Postgres, and who says so; -1 when
// it is not to be looked at.
func (r *run) databasePort(inst *installation.Installation) (port int, from string) {
	switch n := r.u.Checks.DatabasePort; {
	case n < 0:
		return -1, ""
	case n > 0:
		return n, "the port given for the embedded Postgres"
	}
	if inst != nil {
		if port, file := inst.DatabasePort(); port > 0 {
			return port, "the database port in " + file
		}
	}
	return defaultDatabasePort, assumedPort
}

// listens says whether a connection to a port is accepted.
func listens(ctx context.Context, host, port string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// lookAtUser: the embedded Postgres refuses to run as root.
func (r *run) lookAtUser(context.Context) Findings {
	if r.targetUp.Load() || r.u.machine.System() == "windows" || r.u.machine.User() != 0 {
		return nil
	}
	return Findings{finding(CodeRoot, StepSetup, "the set-up would run as root")}
}

func (r *run) targetRuns() bool {
	inst, err := installation.Open(r.u.TargetDir)
	if err != nil {
		return false
	}
	_, running := inst.Process()
	return running
}

// lookAtProcesses looks for processes of a target that does not answer.
func (r *run) lookAtProcesses(context.Context) Findings {
	inst, err := installation.Open(r.u.TargetDir)
	// A set-up that was killed may have left a server that still starts: the
	// step waits for it.
	if err != nil || r.targetUp.Load() || r.journal.Setup.IsOpen() {
		return nil
	}
	step := r.u.firstChosen(StepSetup, StepStores)
	var found Findings
	if pid, running := inst.Process(); running {
		found = append(found, finding(CodeTargetLock, step, "process %d of the target runs, says %s, and does not answer",
			pid, filepath.Join(inst.Dir, ".openidm.pid")))
	}
	if path := filepath.Join(inst.Dir, "felix-cache", "cache.lock"); fileThere(path) {
		if who, held := host.LockedByOther(path); held {
			found = append(found, finding(CodeTargetLock, step, "%s is locked%s: a server runs on this folder", path, who))
		}
	}
	for _, path := range postmasters(inst.Dir) {
		if pid := firstNumber(path); pid > 1 && host.ProcessRuns(pid) {
			found = append(found, finding(CodeTargetLock, step, "the database of the target runs as process %d, says %s", pid, path))
		}
	}
	return found
}

func fileThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// postmasters are the files by which a Postgres says that it runs, up to three
// folders below db: where the embedded one lies is not published.
func postmasters(dir string) []string {
	var out []string
	for _, between := range []string{"", "*", "*/*", "*/*/*"} {
		for _, top := range []string{"db", "data"} {
			m, err := filepath.Glob(filepath.Join(globEscape(dir), top, filepath.FromSlash(between), "postmaster.pid"))
			if err == nil {
				out = append(out, m...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// globEscape keeps the characters of a folder's name from being a pattern;
// Windows has no escapes, and no such names but with brackets.
func globEscape(dir string) string {
	if os.PathSeparator == '\\' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// firstNumber is the number in the first line of a small file, 0 for none.
func firstNumber(path string) int {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return 0
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return n
}
