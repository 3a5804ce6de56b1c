package hello

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// answer asks a peer that says what is given and closes, and returns what it was sent.
func answer(t *testing.T, say []byte) (Answer, []byte, error) {
	t.Helper()
	here, there := net.Pipe()
	sent := make(chan []byte)
	go func() {
		buffer := make([]byte, 4096)
		n, _ := there.Read(buffer)
		there.Write(say)
		rest, _ := io.ReadAll(there)
		there.Close()
		sent <- append(buffer[:n], rest...)
	}()
	end := time.AfterFunc(time.Second, func() { there.Close() }) // when all else waits: the clock is synctest's
	defer end.Stop()
	a, err := Ask(t.Context(), here, "localhost", tls.VersionTLS12)
	return a, <-sent, err
}

// TestOneHello: whatever comes back, one record is sent, and no more.
func TestOneHello(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		say   []byte
		alert tls.AlertError
		fails error
	}{
		{"an alert", []byte{21, 3, 1, 0, 2, 2, 40}, 40, nil},
		{"a warning, then an alert", []byte{21, 3, 1, 0, 2, 1, 112, 21, 3, 1, 0, 2, 2, 70}, 70, nil},
		{"HTTP", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, errForeign},
		{"nothing", nil, 0, io.EOF},
		{"half a record", []byte{22, 3, 1, 0, 50, 2}, 0, io.ErrUnexpectedEOF},
		{"a hello that is cut", []byte{22, 3, 3, 0, 6, 2, 0, 0, 2, 3, 3}, 0, errForeign},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, sent, err := answer(t, row.say)
				if a.Alert != row.alert || !errors.Is(err, row.fails) {
					t.Errorf("alert %d, %v", a.Alert, err)
				}
				if len(sent) < 100 || len(sent) != 5+int(sent[3])<<8+int(sent[4]) || sent[0] != recordHandshake ||
					!bytes.Contains(sent, []byte("localhost")) {
					t.Errorf("%d bytes were sent", len(sent))
				}
			})
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{21, 3, 1, 0, 2, 2, 40})
	f.Add([]byte{22, 3, 3, 0, 6, 2, 0, 0, 2, 3, 3})
	f.Add(append([]byte{22, 3, 3, 0, 13, 11, 0, 0, 9, 0, 0, 6, 0, 0, 3}, 1, 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _ := read(bytes.NewReader(b))
		size := 0
		for _, c := range a.Chain {
			size += len(c)
		}
		if size > len(b) {
			t.Errorf("%d bytes of certificates from %d", size, len(b))
		}
	})
}
