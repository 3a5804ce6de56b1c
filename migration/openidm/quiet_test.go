package openidm

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
)

// chatty is a TLS server that answers every request with the same bytes, and
// keeps the connection.
func chatty(t *testing.T, cert tls.Certificate, answer, later string) (url string, connections *int) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	connections = new(int)
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			*connections++
			running.Go(func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					io.WriteString(c, answer)
					if later != "" {
						time.Sleep(20 * time.Millisecond)
						io.WriteString(c, later)
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://localhost:" + port + "/openidm/", connections
}

const (
	readyAnswer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n" +
		`{"state":"ACTIVE_READY"}`
	unaskedMessage = "HTTP/1.1 200 OK\r\nX: " + secretText + "\r\n\r\n"
)

// TestUnsolicited: what a server says without being asked does not reach the
// standard logger, neither in the record of an answer nor after it. It is not
// parallel: the logger is the program's.
func TestUnsolicited(t *testing.T) {
	var said bytes.Buffer
	var mu sync.Mutex
	log.SetOutput(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return said.Write(p)
	}))
	t.Cleanup(func() { log.SetOutput(io.Discard) })
	logged := func() string {
		mu.Lock()
		defer mu.Unlock()
		defer said.Reset()
		return said.String()
	}
	cert := certificate(t, "localhost")
	for name, c := range map[string]struct{ answer, later string }{
		"with the answer": {readyAnswer + unaskedMessage, ""},
		"later":           {readyAnswer, unaskedMessage},
		"half a line":     {readyAnswer + secretText, ""},
	} {
		url, _ := chatty(t, cert, c.answer, c.later)
		ask := func(own *http.Client, then func()) {
			client := &Client{BaseURL: url, Credentials: admin(), Pinned: cert.Leaf, HTTPClient: own}
			defer client.Close()
			for range 3 {
				if _, err := client.Ping(t.Context()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				then()
			}
		}
		// A transport of the caller shows that there is something to log.
		config := (&Client{BaseURL: url, Pinned: cert.Leaf}).transport().TLSClientConfig
		ask(&http.Client{Transport: &http.Transport{TLSClientConfig: config}}, func() {
			await.Until(t, name+": net/http says so", func() bool { return strings.Contains(logged(), "Unsolicited") })
		})
		logged()
		ask(nil, func() { time.Sleep(50 * time.Millisecond) }) // it has come by then, mostly
		if got := logged(); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestConnectionsAreKept wants one connection for many requests.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	cert := certificate(t, "localhost")
	body := `{"state":"ACTIVE_READY"}`
	for name, answer := range map[string]string{
		"length": readyAnswer,
		"chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na;x=y\r\n" + body[:10] +
			"\r\ne\r\n" + body[10:] + "\r\n0\r\nTrailer: x\r\n\r\n",
		"an interim one": "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" + readyAnswer,
		"a long header":  strings.Replace(readyAnswer, "\r\n", "\r\nX: "+strings.Repeat("y", 40<<10)+"\r\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, connections := chatty(t, cert, answer, "")
			c := &Client{BaseURL: url, Credentials: admin(), Pinned: cert.Leaf}
			defer c.Close()
			for range 5 {
				if health, err := c.Ping(t.Context()); err != nil || !health.Ready() {
					t.Errorf("%+v: %v", health, err)
				}
			}
			if *connections != 1 {
				t.Errorf("%d connections", *connections)
			}
		})
	}
}

// TestQuietConn reads answers byte for byte, in pieces of any size, up to their
// end and no further.
func TestQuietConn(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"length":      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
		"none":        "HTTP/1.1 204 No Content\r\n\r\n",
		"empty":       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"chunks":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"lone breaks": "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
	} {
		for _, inPieces := range []bool{false, true} {
			var from io.Reader = strings.NewReader(answer + unaskedMessage)
			if inPieces {
				from = iotest.OneByteReader(from)
			}
			c := newQuietConn(&readConn{r: from})
			fmt.Fprint(c, "GET / HTTP/1.1\r\n\r\n")
			got, err := io.ReadAll(c)
			if err != nil || string(got) != answer {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
}

type readConn struct {
	net.Conn
	r io.Reader
}

func (c *readConn) Read(p []byte) (int, error)  { return c.r.Read(p) }
func (c *readConn) Write(p []byte) (int, error) { return len(p), nil }
