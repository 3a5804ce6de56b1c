package journal

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
)

// server is one, however its address is spelled.
type server struct {
	// name is its host and port, for the name of a folder.
	name string
	// keys are names of files: its host name and each of its IP addresses, with the port, and with the path unless
	// that is OpenIDM's.
	keys []string

	lookup func(ctx context.Context, host string) ([]string, error)
}

// lookupTime bounds the resolution of a host name. Where it fails the name alone is the key.
const lookupTime = 5 * time.Second

func identify(ctx context.Context, address string, lookup func(context.Context, string) ([]string, error)) server {
	s := server{lookup: lookup}
	u, err := url.Parse(address)
	if err != nil {
		return s // which the fields of an upgrade cannot be
	}
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	end := "_" + cmp.Or(u.Port(), "443")
	s.name = strings.ReplaceAll(u.Host, ":", "_")
	if path := strings.Trim(u.Path, "/"); path != "openidm" && path != "" {
		end += "_" + path
	}
	hosts := []string{name}
	if lookup != nil {
		ctx, cancel := context.WithTimeout(ctx, lookupTime)
		defer cancel()
		for _, ip := range host.Addresses(ctx, lookup, name) {
			hosts = append(hosts, ip.String())
			if isHere(ip) {
				hosts = append(hosts, "this-machine")
			}
		}
	}
	for _, h := range hosts {
		s.keys = append(s.keys, strings.Map(fileName, h+end))
	}
	slices.Sort(s.keys) // so that two runs take their locks in one order
	s.keys = slices.Compact(s.keys)
	return s
}

func fileName(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
		return r
	}
	return '_'
}

// isHere reports whether an address is one of this machine. Of the loopback addresses it is those that a host name of
// this machine usually has; a server on another one was told to listen on it alone.
func isHere(ip netip.Addr) bool {
	if ip == netip.IPv6Loopback() || ip.String() == "127.0.0.1" || ip.String() == "127.0.1.1" {
		return true
	}
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == ip
	})
}

// is reports whether an address is that of this server. Only another name is looked up.
func (s server) is(address string) bool {
	for _, lookup := range []func(context.Context, string) ([]string, error){nil, s.lookup} {
		other := identify(context.Background(), address, lookup)
		if slices.ContainsFunc(other.keys, func(key string) bool { return slices.Contains(s.keys, key) }) {
			return true
		}
	}
	return false
}
