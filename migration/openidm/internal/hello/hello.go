// Package hello asks a TLS server what it would speak, and reads the certificates that it presents as bytes: where
// crypto/tls cannot agree with it, or cannot read them. It sends one ClientHello, of TLS 1.2 at most, on a connection
// on which nothing else is ever sent, and trusts nothing. A server that speaks TLS 1.3 alone presents its
// certificates encrypted, so nothing of them can be said. Begin with [Ask].
package hello

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Answer is what a server said to a ClientHello.
type Answer struct {
	// Version and Suite are the server's choice, 0 where it made none.
	Version, Suite uint16
	// Chain is in DER, the server's own certificate first; nil where none was seen.
	Chain [][]byte
	// Alert is its refusal; 0 where there is none.
	Alert tls.AlertError
}

const (
	timeout  = 10 * time.Second
	maxBytes = 256 << 10 // of everything that a server may say

	recordAlert     = 21
	recordHandshake = 22

	typeServerHello = 2
	typeCertificate = 11
	typeDone        = 14
)

// suites are those that a server could choose up to TLS 1.2, whether crypto/tls has them or not: a refusal shall not
// come from a list that is too short.
var suites = []uint16{
	0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0x009e, 0x009f, 0xccaa, // ECDHE and DHE with AEAD
	0xc027, 0xc028, 0xc023, 0xc024, 0x0067, 0x006b, 0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039, // CBC
	0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, // exchanges of RSA keys
	0xc012, 0xc008, 0x0016, 0x000a, 0x0005, 0x0004, // 3DES and RC4
	0x00a2, 0x00a3, 0x0032, 0x0038, 0x0040, 0x006a, 0x0013, // DSS
	0x00ff, // renegotiation info
}

// names are those of suites that crypto/tls does not have.
var names = map[uint16]string{
	0x009e: "DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009f: "DHE_RSA_WITH_AES_256_GCM_SHA384",
	0xccaa: "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xc028: "ECDHE_RSA_WITH_AES_256_CBC_SHA384",
	0xc024: "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 0x0067: "DHE_RSA_WITH_AES_128_CBC_SHA256",
	0x006b: "DHE_RSA_WITH_AES_256_CBC_SHA256", 0x0033: "DHE_RSA_WITH_AES_128_CBC_SHA",
	0x0039: "DHE_RSA_WITH_AES_256_CBC_SHA", 0x003d: "RSA_WITH_AES_256_CBC_SHA256",
	0xc008: "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", 0x0016: "DHE_RSA_WITH_3DES_EDE_CBC_SHA",
	0x0004: "RSA_WITH_RC4_128_MD5", 0x00a2: "DHE_DSS_WITH_AES_128_GCM_SHA256",
	0x00a3: "DHE_DSS_WITH_AES_256_GCM_SHA384", 0x0032: "DHE_DSS_WITH_AES_128_CBC_SHA",
	0x0038: "DHE_DSS_WITH_AES_256_CBC_SHA", 0x0040: "DHE_DSS_WITH_AES_128_CBC_SHA256",
	0x006a: "DHE_DSS_WITH_AES_256_CBC_SHA256", 0x0013: "DHE_DSS_WITH_3DES_EDE_CBC_SHA",
}

// SuiteName is the standard name of a suite, "TLS_RSA_WITH_AES_128_CBC_SHA" for example.
func SuiteName(id uint16) string {
	if name, ok := names[id]; ok {
		return "TLS_" + name
	}
	return tls.CipherSuiteName(id)
}

var errForeign = errors.New("what answers does not speak TLS")

// Ask sends a ClientHello of at most the version given and returns what came. It closes the connection, and gives up
// after 10 seconds or 256 KiB. An error means that there was no answer of a TLS server.
func Ask(ctx context.Context, conn net.Conn, name string, version uint16) (Answer, error) {
	defer conn.Close()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stop := context.AfterFunc(limited, func() { conn.Close() })
	defer stop()
	hello, err := clientHello(name, version)
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(hello); err != nil {
		return Answer{}, fmt.Errorf("sending a TLS hello: %w", err)
	}
	a, err := read(io.LimitReader(conn, maxBytes))
	if err != nil && limited.Err() != nil {
		err = context.Cause(limited)
	}
	if err != nil {
		return a, fmt.Errorf("reading the answer to a TLS hello: %w", err)
	}
	return a, nil
}

func clientHello(name string, version uint16) ([]byte, error) {
	random := make([]byte, 32)
	rand.Read(random) // it has no error
	var b cryptobyte.Builder
	b.AddUint8(recordHandshake)
	b.AddUint16(tls.VersionTLS10)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(1)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(version)
			b.AddBytes(random)
			b.AddUint8(0) // no session
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, s := range suites {
					b.AddUint16(s)
				}
			})
			b.AddBytes([]byte{1, 0}) // no compression
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { extensions(b, name) })
		})
	})
	return b.Bytes()
}

func extensions(b *cryptobyte.Builder, name string) {
	list := func(id uint16, numbers ...uint16) {
		b.AddUint16(id)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, n := range numbers {
					b.AddUint16(n)
				}
			})
		})
	}
	if _, err := netip.ParseAddr(name); err != nil && name != "" {
		b.AddUint16(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
			})
		})
	}
	list(10, 29, 23, 24, 25)                                                         // groups
	b.AddBytes([]byte{0, 11, 0, 2, 1, 0})                                            // points uncompressed
	list(13, 0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, // signatures
		0x0301, 0x0201, 0x0203, 0x0202, 0x0402, 0x0807)
}

// read goes on until the certificates were seen, or an alert.
func read(r io.Reader) (a Answer, err error) {
	var messages []byte
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return a, ended(a, err)
		}
		body := make([]byte, binary.BigEndian.Uint16(head[3:]))
		if head[0] != recordHandshake && head[0] != recordAlert || head[1] != 3 {
			return a, errForeign
		}
		if _, err := io.ReadFull(r, body); err != nil {
			return a, ended(a, err)
		}
		if head[0] == recordAlert {
			if len(body) != 2 {
				return a, errForeign
			}
			if body[0] == 2 || body[1] == 0 {
				a.Alert = tls.AlertError(body[1])
				return a, nil
			}
			continue // a warning
		}
		messages = append(messages, body...)
		done, err := a.take(&messages)
		if done || err != nil {
			return a, err
		}
	}
}

// ended is an end of the connection: after the server has made its choice that is all there is to know.
func ended(a Answer, err error) error {
	if a.Version != 0 {
		return nil
	}
	return err
}

// take reads messages that are there in full.
func (a *Answer) take(messages *[]byte) (done bool, err error) {
	for {
		s := cryptobyte.String(*messages)
		var kind uint8
		var body cryptobyte.String
		if !s.ReadUint8(&kind) || !s.ReadUint24LengthPrefixed(&body) {
			return false, nil
		}
		*messages = s
		switch kind {
		case typeServerHello:
			var session cryptobyte.String
			if !body.ReadUint16(&a.Version) || !body.Skip(32) || !body.ReadUint8LengthPrefixed(&session) ||
				!body.ReadUint16(&a.Suite) {
				return false, errForeign
			}
		case typeCertificate:
			var list cryptobyte.String
			if !body.ReadUint24LengthPrefixed(&list) {
				return false, errForeign
			}
			for !list.Empty() {
				var der cryptobyte.String
				if !list.ReadUint24LengthPrefixed(&der) {
					return false, errForeign
				}
				a.Chain = append(a.Chain, slices.Clone(der))
			}
			return true, nil
		case typeDone:
			return true, nil
		}
	}
}
