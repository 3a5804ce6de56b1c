//go:build !linux

package port

import "net"

// reserve finds an address that is free now.
func reserve(addr string) (taken string, release func(), err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	return l.Addr().String(), func() {}, l.Close()
}
