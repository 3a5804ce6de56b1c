package demo

import (
	"io"
	"net"
	"sync"
)

// lifeline holds a connection of the target's process, which ends with it: also when this process is killed.
type lifeline struct {
	listener net.Listener
	accepted sync.WaitGroup
	open     []net.Conn
}

func newLifeline() (*lifeline, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lifeline{listener: listener}
	l.accepted.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			l.open = append(l.open, c)
		}
	})
	return l, nil
}

func (l *lifeline) address() string { return l.listener.Addr().String() }

// end ends the process, and waits until the system has closed its connection.
func (l *lifeline) end() {
	if l == nil {
		return
	}
	l.listener.Close()
	l.accepted.Wait()
	for _, c := range l.open {
		if c, ok := c.(*net.TCPConn); ok {
			c.CloseWrite()
		}
		io.Copy(io.Discard, c)
		c.Close()
	}
	l.open = nil
}
