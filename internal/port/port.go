// Package port reserves addresses for servers of tests that start later, or come back. It is for tests only. Begin
// with [Reserve].
package port

import (
	"errors"
	"syscall"
	"time"
)

// patience is how long an address may still be in use: a process that was just started holds the sockets of the one
// that started it until it has become its own program.
const patience = 2 * time.Second

// Reserve takes a TCP address, whose port may be 0 for any free one, until release is called. On Linux a socket is
// bound to it that does not listen: who connects is refused, who asks for any free port gets another, and who names
// this one may listen (SO_REUSEADDR, ip(7)). Elsewhere the address is only free at the moment, and another program may
// get it. Release may be called twice, and after an error, which an address that is in use is after two seconds.
func Reserve(addr string) (taken string, release func(), err error) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		taken, release, err = reserve(addr)
		if err == nil {
			return taken, release, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return "", func() {}, err
		}
	}
}
