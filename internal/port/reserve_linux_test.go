package port_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/internal/port"
)

// TestReserve: nobody gets the port by chance, nobody is answered there, and its server can come twice.
func TestReserve(t *testing.T) {
	addr, release, err := port.Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for range 2 {
		if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody listens: %v", err)
		}
		var others []net.Listener
		for range 2000 {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				break // all files that may be open are
			}
			others = append(others, l)
			if l.Addr().String() == addr {
				t.Fatal("somebody else got it")
			}
		}
		for _, l := range others {
			l.Close()
		}
		own, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := net.Dial("tcp", addr); err != nil {
			t.Error(err)
		} else {
			c.Close()
		}
		own.Close()
	}
}
