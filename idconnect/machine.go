package idconnect

import (
	"cmp"
	"context"
	"net"
	"os"
	"runtime"
)

// machine is what is asked of this machine besides its files and network. The
// zero value is the real one; tests have others.
type machine struct {
	env    func(string) string
	euid   func() int
	goos   string
	lookup func(ctx context.Context, host string) ([]string, error)
	free   func(dir string) (uint64, error)
}

func (m machine) getenv(name string) string {
	if m.env != nil {
		return m.env(name)
	}
	return os.Getenv(name)
}

func (m machine) user() int {
	if m.euid != nil {
		return m.euid()
	}
	return os.Geteuid()
}

func (m machine) system() string { return cmp.Or(m.goos, runtime.GOOS) }

func (m machine) lookupHost(ctx context.Context, host string) ([]string, error) {
	if m.lookup != nil {
		return m.lookup(ctx, host)
	}
	return net.DefaultResolver.LookupHost(ctx, host)
}

func (m machine) freeSpace(dir string) (uint64, error) {
	if m.free != nil {
		return m.free(dir)
	}
	return freeSpace(dir)
}
