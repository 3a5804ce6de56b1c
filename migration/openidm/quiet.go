package openidm

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// net/http prints what a server sends without being asked on the standard
// logger of the program, which no library may redirect: "Unsolicited response
// received on idle HTTP channel starting with …". It may hold what the server
// was sent. A quietConn ends at the end of a response until the next request is
// written, so that net/http sees a closed connection instead.
type quietConn struct {
	net.Conn
	r *bufio.Reader

	// awaited: a request was written whose response has not ended. Reads and
	// writes are in two goroutines.
	awaited atomic.Bool

	// What follows is of the goroutine that reads.
	part    part
	begun   bool   // a line of this response was read
	within  bool   // the last line went on
	pending []byte // of r, to be handed on
	left    int64  // bytes of the body, or of its chunk
	length  int64  // as the header says; -1: it does not
	chunked bool
	interim bool // 1xx, which another header follows
	empty   bool // 204 and 304, which have no body
	err     error
}

// part is where in a response a quietConn is.
type part int

const (
	inHeader part = iota
	inBody
	inChunk    // at the line with its size
	inTrailer  // after the last chunk
	untilClose // it ends with the connection, or is not understood
)

func newQuietConn(c net.Conn) *quietConn {
	return &quietConn{Conn: c, r: bufio.NewReaderSize(c, 16<<10), length: -1}
}

func (c *quietConn) Write(p []byte) (int, error) {
	c.awaited.Store(true)
	return c.Conn.Write(p)
}

func (c *quietConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(c.pending) > 0:
			n := copy(p, c.pending)
			c.pending = c.pending[n:]
			return n, nil
		case c.err != nil:
			return 0, c.err
		case c.part == untilClose:
			return c.r.Read(p)
		case c.left > 0:
			n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
			if c.left -= int64(n); c.left == 0 && c.part == inBody {
				c.end()
			}
			return n, err
		}
		c.line()
	}
}

// line reads the next one and hands it on.
func (c *quietConn) line() {
	line, err := c.r.ReadSlice('\n')
	if len(line) > 0 && !c.begun && !c.awaited.Load() {
		c.err = io.EOF // nobody asked
		return
	}
	c.pending, c.begun = line, true
	continued := c.within
	c.within = errors.Is(err, bufio.ErrBufferFull)
	if err != nil && !c.within {
		c.err = err
		return
	}
	if continued {
		return
	}
	switch text := strings.TrimRight(string(line), "\r\n"); c.part {
	case inHeader:
		c.header(text)
	case inChunk:
		size, _, _ := strings.Cut(text, ";")
		n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 64)
		switch {
		case err != nil || n < 0 || n > 1<<40:
			c.part = untilClose
		case n == 0:
			c.part = inTrailer
		default:
			c.left = n + int64(len("\r\n"))
		}
	case inTrailer:
		if text == "" {
			c.end()
		}
	}
}

// header reads a line of it.
func (c *quietConn) header(line string) {
	if fields := strings.Fields(line); strings.HasPrefix(line, "HTTP/") && len(fields) > 1 {
		status := fields[1]
		c.interim = strings.HasPrefix(status, "1") && status != "101"
		c.empty = status == "204" || status == "304"
		return
	}
	if name, value, ok := strings.Cut(line, ":"); ok {
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				c.length = n
			}
		case "transfer-encoding":
			c.chunked = strings.EqualFold(value, "chunked")
		}
		return
	}
	switch {
	case line != "": // not HTTP
		c.part = untilClose
	case c.interim:
		c.interim, c.length, c.chunked = false, -1, false
	case c.empty:
		c.end()
	case c.chunked:
		c.part = inChunk
	case c.length > 0:
		c.part, c.left = inBody, c.length
	case c.length == 0:
		c.end()
	default:
		c.part = untilClose
	}
}

// end is that of a response.
func (c *quietConn) end() {
	c.part, c.begun, c.length, c.chunked, c.empty = inHeader, false, -1, false, false
	c.awaited.Store(false)
}

// handshakeTimeout bounds a TLS handshake.
const handshakeTimeout = 15 * time.Second

var errHandshake = errors.New("the TLS handshake took more than " + handshakeTimeout.String())

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialQuietly dials a server that is reached without a proxy.
func dialQuietly(dial dialFunc, config *tls.Config) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c := tls.Client(raw, config.Clone())
		limited, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, errHandshake)
		defer cancel()
		if err := c.HandshakeContext(limited); err != nil {
			raw.Close()
			if ctx.Err() == nil && limited.Err() != nil {
				err = errHandshake
			}
			return nil, err
		}
		return newQuietConn(c), nil
	}
}
