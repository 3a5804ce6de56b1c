package certfile

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// ServerURL completes the address of a TLS server, HOST:PORT or an https URL with any path, to that of OpenIDM on it.
func ServerURL(address string) (string, error) {
	hostPort := address
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		switch {
		case err != nil:
			return "", errors.New("not a URL")
		case u.Scheme != "https":
			return "", errors.New("not an https URL")
		case u.User != nil:
			return "", errors.New("a URL without a user, please: nothing is sent to the server")
		}
		if hostPort = u.Host; u.Port() == "" {
			hostPort = net.JoinHostPort(u.Hostname(), "443")
		}
	}
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil || host == "" || strings.ContainsAny(host, "/@ ?#") {
		return "", errors.New("neither HOST:PORT nor an https URL")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", errors.New("no port from 1 to 65535")
	}
	return "https://" + net.JoinHostPort(host, port) + "/openidm/", nil
}
