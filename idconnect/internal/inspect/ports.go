package inspect

import (
	"cmp"
	"context"
	"net"
	"strconv"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

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
