package openidmtest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// maxAnswer bounds an answer of the source, in bytes.
const maxAnswer = 64 << 20

// sourceServer is the server that a target was told to copy from.
type sourceServer struct {
	url, username, password string
	client                  *http.Client
}

// unknownHost is a name that the target's hosts file does not have.
type unknownHost string

func (h unknownHost) Error() string { return "java.net.UnknownHostException: " + string(h) }

// refusal is an answer of the source that is not a success.
type refusal struct {
	status int
	body   string
}

func (r refusal) Error() string {
	return fmt.Sprintf("the source answered %d: %s", r.status, r.body)
}

// javaMessage says what went wrong in the words of a Java server.
func javaMessage(err error) string {
	var trust *jvmtrust.Error
	var host unknownHost
	var answer refusal
	var dial *net.OpError
	var network net.Error
	switch {
	case errors.As(err, &trust):
		return "bad certificate: " + trust.Message
	case errors.As(err, &host):
		return host.Error()
	case errors.As(err, &answer):
		return answer.Error()
	case errors.As(err, &network) && network.Timeout():
		return "java.net.SocketTimeoutException: Read timed out"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "java.net.ConnectException: Connection refused"
	case errors.As(err, &dial), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, errCut):
		return "java.net.SocketException: Connection reset"
	}
	return "java.io.IOException: " + err.Error()
}

// connect makes the client of a source and logs in there. The connection is
// checked as the Java of a target checks it: against the truststore alone.
func (src *sourceServer) connect(ctx context.Context, s *Server) error {
	trust := *s.Trust() // a copy, for the server's own clock
	trust.Now = s.now
	u, err := url.Parse(src.url)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("unusable URL %q", src.url)
	}
	host := u.Hostname()
	src.client = &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if peer := s.peer(u.Port()); peer != nil {
		if err := s.knows(host); err != nil {
			return err
		}
		if err := trust.Verify(host, peer.tlsState().PeerCertificates); err != nil {
			return err
		}
		src.client.Transport = peer.Transport()
		return src.get(ctx, "info/login", nil, nil)
	}
	src.client.Transport = &http.Transport{
		DisableCompression: true,
		TLSClientConfig:    trust.TLSConfig(host),
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			addr, err := s.resolve(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
		TLSNextProto:    map[string]func(string, *tls.Conn) http.RoundTripper{},
		IdleConnTimeout: 5 * time.Second,
	}
	context.AfterFunc(ctx, src.client.CloseIdleConnections)
	return src.get(ctx, "info/login", nil, nil)
}

// knows reports whether the machine of the server knows a name.
func (s *Server) knows(host string) error {
	if _, ok := s.options.Hosts[host]; ok || host == "localhost" || net.ParseIP(host) != nil {
		return nil
	}
	return unknownHost(host)
}

// resolve looks a name up in the hosts file.
func (s *Server) resolve(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if err := s.knows(host); err != nil {
		return "", err
	}
	if ip, ok := s.options.Hosts[host]; ok {
		host = ip
	} else if host == "localhost" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

func (s *Server) peer(port string) *Server {
	for _, p := range s.options.Peers {
		if strconv.Itoa(p.port) == port {
			return p
		}
	}
	return nil
}

// get reads a resource of the source.
func (src *sourceServer) get(ctx context.Context, resource string, params url.Values, into any) error {
	address := strings.TrimSuffix(src.url, "/") + "/" + resource
	if params != nil {
		address += "?" + params.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"X-OpenIDM-Username": src.username, "X-OpenIDM-Password": src.password, "X-OpenIDM-NoSession": "true",
	} {
		req.Header[name] = []string{value} // as a real target spells it
	}
	res, err := src.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return refusal{res.StatusCode, string(body[:min(len(body), 1000)])}
	}
	if into == nil {
		return nil
	}
	return crest.Decode(body, into)
}

// sourcePage is what a target reads of a page.
type sourcePage struct {
	Result []json.RawMessage `json:"result"`
	Cookie json.RawMessage   `json:"pagedResultsCookie"`
}
