// Package allow is a worker's own configuration: which secrets an order of the
// engine may name, to which servers they may be sent, and which programs may be
// run. Whoever can write to the engine can give orders; what is not allowed here
// stays on this machine. Begin with [Read].
package allow

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
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
	if d.Problems() == nil {
		d.Check(schema())
	}
	if p := d.Problems(); p != nil {
		return nil, p
	}
	b, err := json.Marshal(d.Value)
	if err != nil {
		return nil, err
	}
	l := &List{}
	return l, json.Unmarshal(b, l)
}

// Secret returns an [*Error] unless a secret may be read; nil is no secret.
func (l *List) Secret(s *siteconfig.Secret) error {
	switch {
	case s == nil:
		return nil
	case s.Env != "" && !slices.Contains(l.Secrets, s.Env):
		return &Error{"the variable " + s.Env}
	case s.File != "" && !l.file(s.File):
		return &Error{"the file " + s.File}
	case len(s.Command) > 0:
		return l.Program(s.Command[0])
	}
	return nil
}

// file reports whether a file may be read: by its name, and where its links lead.
// Places may be links, too. One that is not there or not readable is left to its
// reader, which says so.
func (l *List) file(name string) bool {
	up := func(r rune) bool { return r == '/' || r == filepath.Separator }
	if slices.Contains(strings.FieldsFunc(name, up), "..") || strings.ContainsRune(name, 0) ||
		!slices.ContainsFunc(l.Secrets, func(place string) bool { return holds(place, name) }) {
		return false
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	}
	return slices.ContainsFunc(l.Secrets, func(place string) bool {
		to, err := filepath.EvalSymlinks(place)
		if err != nil {
			return false
		}
		if isDir(place) {
			to += string(filepath.Separator)
		}
		return holds(to, real)
	})
}

func isDir(place string) bool {
	return strings.HasSuffix(place, "/") || strings.HasSuffix(place, string(filepath.Separator))
}

// holds reports whether a place is a file, or a folder around it.
func holds(place, file string) bool {
	dir := isDir(place)
	place, file = filepath.Clean(place), filepath.Clean(file)
	if runtime.GOOS == "windows" {
		place, file = strings.ToLower(place), strings.ToLower(file)
	}
	if !filepath.IsAbs(file) {
		return false
	}
	if !dir {
		return place == file
	}
	separator := string(filepath.Separator)
	return strings.HasPrefix(file, strings.TrimSuffix(place, separator)+separator)
}

// Program returns an [*Error] unless a program may be run.
func (l *List) Program(name string) error {
	if !slices.Contains(l.Programs, name) {
		return &Error{"the program " + name}
	}
	return nil
}

// Site returns an [*Error] unless a site's servers may be sent its secrets, and the
// secrets may be read. Each URL is asked for, and what is connected to in its place.
func (l *List) Site(c *siteconfig.Config) error {
	for _, address := range []string{c.Source.URL, c.Target.URL, c.InstanceURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			return errors.New("an address that cannot be read")
		}
		if u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
			return &Error{"an address other than https://HOST[:PORT]/PATH"}
		}
		if err := l.server(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))); err != nil {
			return err
		}
	}
	for _, address := range []string{c.Source.Address, c.Target.Address} {
		if address == "" {
			continue
		}
		if err := l.server(address); err != nil {
			return err
		}
	}
	return nil
}

// hostName keeps a wildcard to names: the zone of an IPv6 address may end like one.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

func (l *List) server(address string) error {
	host, port := split(address)
	for _, entry := range l.Servers {
		allowed, only := split(entry)
		if sameHost(host, allowed) && (only == "" || only == port) {
			return nil
		}
	}
	return &Error{fmt.Sprintf("the server %s", address)}
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
