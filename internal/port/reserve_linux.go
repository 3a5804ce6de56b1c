package port

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

func reserve(addr string) (taken string, release func(), err error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	family := syscall.AF_INET6
	var bound syscall.Sockaddr
	if ip := a.IP.To4(); ip != nil {
		family, bound = syscall.AF_INET, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(ip)}
	} else {
		all := &syscall.SockaddrInet6{Port: a.Port}
		copy(all.Addr[:], a.IP) // none of them is all addresses
		bound = all
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	release = sync.OnceFunc(func() { syscall.Close(fd) })
	if err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err == nil {
		err = syscall.Bind(fd, bound)
	}
	if err == nil {
		bound, err = syscall.Getsockname(fd)
	}
	if err != nil {
		release()
		return "", nil, fmt.Errorf("taking the address %s: %w", addr, err)
	}
	switch b := bound.(type) {
	case *syscall.SockaddrInet4:
		a.Port = b.Port
	case *syscall.SockaddrInet6:
		a.Port = b.Port
	}
	return a.String(), release, nil
}
