// Package allow is a worker's own configuration: which secrets, files, folders,
// servers and programs an order of the engine may name. Whoever can write to the engine
// can give orders; what is not allowed here is not touched. Begin with [Read].
package allow

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/internal/disk"
)

const maxFile = 1 << 20

//go:embed allow.schema.json
var schemaText []byte

var schema = sync.OnceValue(func() *yamlfile.Schema { return yamlfile.NewSchema(schemaText, nil) })

// List is what a worker allows. The zero value allows nothing.
type List struct {
	// Secrets are files, folders that end in a slash, and names of variables.
	Secrets []string `json:"secrets"`
	// Paths are files, and folders that end in a slash.
	Paths []string `json:"paths"`
	// Servers are HOST, *.DOMAIN, or either with :PORT.
	Servers  []string `json:"servers"`
	Programs []string `json:"programs,omitempty"`
}

// Error says what an order wants and this worker does not allow.
type Error struct{ What string }

func (e *Error) Error() string { return "this worker does not allow " + e.What }

// Read reads the file of a worker. Mistakes come as [yamlfile.Problems].
func Read(path string) (*List, error) {
	text, err := disk.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	d := yamlfile.Parse(path, text)
	d.Check(schema())
	if p := d.Problems(); p != nil {
		return nil, p
	}
	l := &List{}
	return l, d.Decode(l)
}

// Site returns an [*Error] unless all that a site names is allowed: each path, each
// address, whether it is connected to or a certificate is for it, each secret and
// program, and the id, which is a folder for reports.
func (l *List) Site(c *siteconfig.Config) error {
	if c.ID != "" && (!filepath.IsLocal(c.ID) || filepath.Base(c.ID) != c.ID) {
		return &Error{"an id that is not the name of a folder"}
	}
	for _, path := range c.Paths() {
		if *path != "" && !allowed(l.Paths, *path, true) {
			return &Error{"the path " + *path}
		}
	}
	if err := l.servers(c); err != nil {
		return err
	}
	for _, s := range c.Secrets() {
		if err := l.secret(s.From); err != nil {
			return fmt.Errorf("%s: %w", s.Place, err)
		}
	}
	if c.Handover != nil && len(c.Handover.Carry) > 0 {
		return l.program(c.Handover.Carry[0])
	}
	return nil
}

// secret returns an [*Error] unless a secret may be read; nil is no secret.
func (l *List) secret(s *siteconfig.Secret) error {
	switch {
	case s == nil:
		return nil
	case s.Env != "" && !slices.Contains(l.Secrets, s.Env):
		return &Error{"the variable " + s.Env}
	case s.File != "" && !allowed(l.Secrets, s.File, false):
		return &Error{"the file " + s.File}
	case len(s.Command) > 0:
		return l.program(s.Command[0])
	}
	return nil
}

func (l *List) program(name string) error {
	if !slices.Contains(l.Programs, name) {
		return &Error{"the program " + name}
	}
	return nil
}

// allowed reports whether a path is one of the places, or below one: by its name, and
// where its links lead. With itself, a folder among the places is allowed, too. What
// cannot be reached is left to who uses it, and says so.
func allowed(places []string, name string, itself bool) bool {
	up := func(r rune) bool { return r == '/' || r == filepath.Separator }
	if slices.Contains(strings.FieldsFunc(name, up), "..") || strings.ContainsRune(name, 0) ||
		!filepath.IsAbs(filepath.Clean(name)) {
		return false
	}
	separator := string(filepath.Separator)
	_, unseen := filepath.EvalSymlinks(name)
	return slices.ContainsFunc(places, func(place string) bool {
		dir, file := folded(place), folded(name)
		switch {
		case strings.TrimRightFunc(place, up) == place: // a file, wherever it leads
			return file == dir
		case !strings.HasPrefix(file, strings.TrimSuffix(dir, separator)+separator) && !(itself && file == dir):
			return false
		case errors.Is(unseen, fs.ErrPermission):
			return true
		}
		_, err := os.Stat(place)
		return errors.Is(err, fs.ErrNotExist) || disk.Contains(place, name)
	})
}

// folded is a path as it is compared.
func folded(path string) string {
	path = filepath.Clean(path)
	if runtime.GOOS == "windows" {
		return strings.ToLower(path)
	}
	return path
}

// servers returns an [*Error] unless all addresses of a site are allowed.
func (l *List) servers(c *siteconfig.Config) error {
	urls, addresses := []string{c.Source.URL, c.Target.URL, c.InstanceURL}, []string{c.Source.Address, c.Target.Address}
	if c.Checks != nil {
		urls = append(append(urls, c.Checks.AuthorizeURL), c.Checks.CallbackURLs...)
	}
	for _, address := range urls {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
			return &Error{"an address other than https://HOST[:PORT]/PATH"}
		}
		addresses = append(addresses, net.JoinHostPort(u.Hostname(), portOf(u)))
	}
	if u, err := url.Parse(cmp.Or(c.InstanceURL, c.Source.URL)); err == nil && c.InstanceAddress != "" {
		addresses = append(addresses, net.JoinHostPort(c.InstanceAddress, portOf(u)))
	}
	for _, address := range addresses {
		host, port := split(address)
		if address != "" && !l.server(host, func(only string) bool { return only == "" || only == port }) {
			return &Error{"the server " + address}
		}
	}
	for _, name := range []string{c.Source.TLSName, c.Target.TLSName} { // of a certificate, which has no port
		if name != "" && !l.server(name, func(string) bool { return true }) {
			return &Error{"the server " + name}
		}
	}
	return nil
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), "443") }

// hostName keeps a wildcard to names: the zone of an IPv6 address may end like one.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// server reports whether an entry of the list means a host and, if it has one, a port.
func (l *List) server(host string, port func(only string) bool) bool {
	return slices.ContainsFunc(l.Servers, func(entry string) bool {
		allowed, only := split(entry)
		return sameHost(host, allowed) && port(only)
	})
}

// sameHost reports whether an entry of the list, HOST or *.DOMAIN, means a host.
func sameHost(host, allowed string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		own, err := netip.ParseAddr(allowed)
		return err == nil && ip == own
	}
	if !hostName.MatchString(host) {
		return false
	}
	if domain, any := strings.CutPrefix(allowed, "*."); any {
		n := len(host) - len(domain) - 1
		return n > 0 && strings.EqualFold(host[n:], "."+domain)
	}
	return strings.EqualFold(host, allowed)
}

func split(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]"), ""
	}
	return host, port
}
