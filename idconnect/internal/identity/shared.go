package identity

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// shared says where two addresses, host:port, lead to if that is one place: the
// same name, two names of one IP address, or two of this machine itself, IPv4
// and IPv6. It is "" where that is not so or not known.
func shared(ctx context.Context, lookup func(context.Context, string) ([]string, error), a, b string) string {
	if strings.EqualFold(a, b) {
		return "both are " + a
	}
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB {
		return ""
	}
	ofA, ofB := addresses(ctx, lookup, hostA), addresses(ctx, lookup, hostB)
	for _, ip := range ofA {
		if slices.Contains(ofB, ip) {
			return a + " and " + b + " are both " + ip.String() + " port " + portA
		}
	}
	if slices.ContainsFunc(ofA, isThisMachine) && slices.ContainsFunc(ofB, isThisMachine) {
		return a + " and " + b + " are both port " + portA + " of this machine"
	}
	return ""
}

func addresses(ctx context.Context, lookup func(context.Context, string) ([]string, error),
	host string) (out []netip.Addr) {
	names := []string{host}
	if _, err := netip.ParseAddr(host); err != nil {
		if names, err = lookup(ctx, host); err != nil {
			return nil
		}
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			out = append(out, ip.Unmap().WithZone(""))
		}
	}
	return out
}

// isThisMachine: loopback, or the unspecified address, which leads there.
func isThisMachine(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsUnspecified() }
