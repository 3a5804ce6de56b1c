//go:build !linux

package idconnecttest

import "net"

// reserve finds an address that is free now. Here somebody else may get it before the
// server comes that it is for.
func reserve(addr string) (taken string, release func(), err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	return l.Addr().String(), func() {}, l.Close()
}
