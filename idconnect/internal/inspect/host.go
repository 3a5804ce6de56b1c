package inspect

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
)

// javaCheck looks at the Java that the set-up gets, and at the one that it does
// not get where there are two.
type javaCheck struct {
	target  *fact[Server]
	home    string
	machine host.Machine
}

func (c javaCheck) check(ctx context.Context, _ string) (found preflight.Findings) {
	if target, _ := c.target.get(ctx); target.Answered {
		return nil
	}
	java, err := host.FindJava(ctx, c.home, c.machine)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		no := &host.JavaError{Kind: host.JavaUnusable}
		errors.As(err, &no)
		found = append(found, javaCodes[no.Kind].Finding(site.StepJava, "%v", err).WithRemedy(remedyOf(err)))
	}
	if c.home != "" || c.machine.System() == "windows" || java.Version == "" || c.machine.Getenv("JAVA_HOME") == "" {
		return found // where only one of the two is looked at, they cannot disagree
	}
	other, err := host.JavaAtHome(c.machine)
	if err != nil || other.Path == java.Path || other.Ask(ctx, c.machine) != nil ||
		other.Version == java.Version && other.Bits == java.Bits {
		return found
	}
	return append(found, codes.JavaDisagrees.Finding(site.StepJava,
		"the PATH leads to %s, version %s, %d-bit, and JAVA_HOME to %s, version %s, %d-bit",
		java.Path, java.Version, java.Bits, other.Path, other.Version, other.Bits))
}

var javaCodes = map[host.JavaKind]preflight.Entry{host.JavaUnusable: codes.JavaUnusable,
	host.JavaMissing: codes.JavaMissing, host.JavaVersion: codes.JavaVersion, host.JavaBits: codes.Java32Bit}

// userCheck: the embedded Postgres refuses to run as root.
type userCheck struct {
	target  *fact[Server]
	machine host.Machine
}

func (c userCheck) check(ctx context.Context, _ string) preflight.Findings {
	if target, _ := c.target.get(ctx); target.Answered || c.machine.System() == "windows" || c.machine.User() != 0 {
		return nil
	}
	return preflight.Findings{codes.UserIsRoot.Finding(site.StepSetup, "the set-up would run as root")}
}

// secretsCheck looks at who else may read the files of passwords.
type secretsCheck struct{ secrets []keystore.Password }

func (c secretsCheck) check(_ context.Context, step string) (found preflight.Findings) {
	var files []string
	for _, p := range c.secrets {
		file, to := p.Exposed()
		if file == "" || slices.Contains(files, file) {
			continue
		}
		files = append(files, file)
		found = append(found, codes.PasswordFile.Finding(step, "%s can be read by %s", file, to).
			WithRemedy("take that right away: "+host.CloseCommand(file)))
	}
	return found
}

// processCheck looks for processes of a target that does not answer.
type processCheck struct {
	target *fact[Server]
	dir    string
	// settingUp: a set-up that was killed may have left a server that still
	// starts; the step waits for it.
	settingUp bool
	machine   host.Machine
}

func (c processCheck) check(ctx context.Context, step string) (found preflight.Findings) {
	inst, err := installation.Open(c.dir)
	if target, _ := c.target.get(ctx); err != nil || target.Answered || c.settingUp {
		return nil
	}
	for _, p := range installation.Servers(inst.Dir) {
		found = append(found, codes.TargetLockInUse.Finding(step, "%s: it is the target's, and does not answer", p).
			WithRemedy("stop it: "+host.StopCommand(p.PID)+
				"; if it is another program, which has its PID by now, remove the stale .openidm.pid"))
	}
	for _, path := range postmasters(inst.Dir) {
		if pid, running := installation.ProcessOf(path); running {
			found = append(found, codes.TargetLockInUse.Finding(step,
				"the database of the target runs as process %d, says %s", pid, path).
				WithRemedy("stop it: "+host.StopCommand(pid)))
		}
	}
	// On Windows there is no PID file (H): what starts in a window of its own shows in its log alone.
	if log := (setup.Trace{Dir: inst.Dir}).Log(); log != "" && len(found) == 0 && c.machine.System() == "windows" {
		found = append(found, codes.TargetLockInUse.Finding(step, "a server writes to %s, and does not answer", log).
			WithRemedy("wait until it is ready, or close its window or stop its service; "+
				"then run the same command again"))
	}
	return found
}

// postmasters are the files by which a Postgres says that it runs, up to three
// folders below db: where the embedded one lies was not found by us.
func postmasters(dir string) (found []string) {
	for _, top := range []string{"data", "db"} {
		for _, between := range []string{"", "*/", "*/*/", "*/*/*/"} {
			// The only error is one of the pattern.
			names, _ := fs.Glob(os.DirFS(dir), top+"/"+between+"postmaster.pid")
			for _, name := range names {
				found = append(found, filepath.Join(dir, filepath.FromSlash(name)))
			}
		}
	}
	return found
}

// portsCheck looks whether another program has a port that the set-up needs.
// Ports are tried by a connection, which is closed at once.
type portsCheck struct {
	target *fact[Server]
	site   *site.Site
	// settingUp: a set-up that was killed may have left a server that starts,
	// and so opens its ports; the step waits for it.
	settingUp bool
}

// serverPorts are the properties of boot.properties that name ports on which
// the server listens (true of 3.x and 7.0.2).
var serverPorts = []string{"openidm.port.https", "openidm.port.http", "openidm.port.mutualauth"}

const assumedPort = "assumed to be the port of the embedded Postgres"

func (c portsCheck) check(ctx context.Context, _ string) (found preflight.Findings) {
	target, ok := c.target.get(ctx)
	if !ok || target.Answered || c.settingUp || c.site.TargetProcess() != 0 {
		return nil
	}
	address, err := c.site.Target.DialAddress()
	if err != nil {
		return nil
	}
	own, port, _ := net.SplitHostPort(address)
	wanted := []string{port}
	why := map[string]string{wanted[0]: "the port of " + c.site.Target.URL}
	// Without a folder that is there the address alone says a port.
	inst, _ := installation.Open(c.site.TargetDir)
	if inst != nil {
		for _, name := range serverPorts {
			if port := inst.Port(name); port > 0 && why[strconv.Itoa(port)] == "" {
				wanted = append(wanted, strconv.Itoa(port))
				why[strconv.Itoa(port)] = name + " of the target"
			}
		}
	}
	at := cmp.Or(c.site.Checks.PortHost, own)
	for _, port := range wanted {
		if host.Listens(ctx, at, port) {
			found = append(found, codes.TargetPortInUse.Finding(site.StepSetup,
				"another program listens on %s, %s", net.JoinHostPort(at, port), why[port]))
		}
	}
	database, from := c.databasePort(inst)
	at = cmp.Or(c.site.Checks.PortHost, "localhost")
	if database < 0 || !host.Listens(ctx, at, strconv.Itoa(database)) {
		return found
	}
	f := codes.DatabasePortInUse.Finding(site.StepSetup,
		"another program listens on %s, %s", net.JoinHostPort(at, strconv.Itoa(database)), from)
	if from != assumedPort {
		f = f.As(preflight.Blocks)
	}
	return append(found, f)
}

// databasePort is the one of the embedded Postgres, and who says so; -1 when
// it is not to be looked at.
func (c portsCheck) databasePort(inst *installation.Installation) (port int, from string) {
	switch n := c.site.Checks.DatabasePort; {
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
	return preflight.DefaultDatabasePort, assumedPort
}
