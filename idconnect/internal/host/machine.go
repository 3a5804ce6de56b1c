// Package host is what is asked of the machine that this program runs on: its Java, its processes, who may write where,
// how much room there is. It changes nothing, asks no server of the upgrade, and does not judge: what blocks an upgrade
// is for preflight to say. Begin with [Machine] and [FindJava].
package host

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
)

// Machine is the machine besides its files. The zero value is the real one; a test replaces what it needs to.
type Machine struct {
	Env    func(name string) string
	EUID   func() int
	GOOS   string
	Lookup Lookup
	Free   func(dir string) (uint64, error)
	// Secrets are in the environment of no program that is started.
	Secrets []keystore.Password
}

// Getenv is the value of an environment variable, "" where it is not set.
func (m Machine) Getenv(name string) string {
	if m.Env != nil {
		return m.Env(name)
	}
	return os.Getenv(name)
}

// User is the effective user ID, -1 on Windows.
func (m Machine) User() int {
	if m.EUID != nil {
		return m.EUID()
	}
	return os.Geteuid()
}

// System is the operating system, as in runtime.GOOS.
func (m Machine) System() string { return cmp.Or(m.GOOS, runtime.GOOS) }

// LookupHost resolves a host name as programs do, hosts file included.
func (m Machine) LookupHost(ctx context.Context, host string) ([]string, error) {
	if m.Lookup != nil {
		return m.Lookup(ctx, host)
	}
	return net.DefaultResolver.LookupHost(ctx, host)
}

// FreeSpace is what this user may still use of the disk that dir is on, in bytes.
func (m Machine) FreeSpace(dir string) (uint64, error) {
	if m.Free != nil {
		return m.Free(dir)
	}
	return freeSpace(dir)
}

// Lookup resolves a host name.
type Lookup = func(ctx context.Context, host string) ([]string, error)

// Addresses are the IP addresses of a host name, or of an IP address, without zones; none where that is not known.
func Addresses(ctx context.Context, lookup Lookup, host string) (all []netip.Addr) {
	names := []string{host}
	if _, err := netip.ParseAddr(host); err != nil {
		names, _ = lookup(ctx, host)
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			all = append(all, ip.Unmap().WithZone(""))
		}
	}
	return all
}

// Listens reports whether a program accepts connections at a port of a host.
func Listens(ctx context.Context, host, port string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Environ is the environment for a program that this one starts: its own, without the variables that hold a secret of
// this upgrade, be it behind a user's name, and without those in which a password is given to it.
func (m Machine) Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, value, _ := strings.Cut(e, "=")
		return strings.HasPrefix(name, "IDC_") && strings.HasSuffix(name, "_PASSWORD") ||
			slices.ContainsFunc(m.Secrets, func(s keystore.Password) bool { return holds(value, s.Reveal()) })
	})
}

// holds reports whether a value is a secret, or user:secret, or what a program makes of a file with one.
func holds(value, secret string) bool {
	value, secret = strings.TrimSpace(value), strings.TrimSpace(secret)
	return secret != "" &&
		(value == secret || strings.HasSuffix(value, ":"+secret) || strings.HasSuffix(value, "="+secret))
}
