// Package allow is a worker's own configuration: which secrets an order of the
// engine may name, to which servers they may be sent, and which programs may be
// run. Whoever can write to the engine can give orders; what is not allowed here
// stays on this machine. Begin with [Read].
package allow

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
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
	case s.File != "" && !slices.ContainsFunc(l.Secrets, func(place string) bool { return holds(place, s.File) }):
		return &Error{"the file " + s.File}
	case len(s.Command) > 0:
		return l.Program(s.Command[0])
	}
	return nil
}

// holds reports whether a place is a file, or a folder around it.
func holds(place, file string) bool {
	dir := strings.HasSuffix(place, "/") || strings.HasSuffix(place, string(filepath.Separator))
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
		if err := l.server(u.Host); err != nil {
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

func (l *List) server(address string) error {
	host, port := split(address)
	for _, entry := range l.Servers {
		allowed, only := split(entry)
		domain, any := strings.CutPrefix(allowed, "*.")
		same := strings.EqualFold(host, allowed) ||
			any && len(host) > len(domain)+1 && strings.EqualFold(host[len(host)-len(domain)-1:], "."+domain)
		if same && (only == "" || only == port) {
			return nil
		}
	}
	return &Error{fmt.Sprintf("the server %s", address)}
}

func split(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]"), ""
	}
	return host, port
}
