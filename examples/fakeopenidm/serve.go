package main

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const administrator = "openidm-admin"

// run starts the servers, says where everything is, and waits for the end of ctx.
func run(ctx context.Context, s *settings, out, errs io.Writer) (err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "fakeopenidm-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	} else if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if s.password.IsZero() {
		s.password = keystore.NewPassword(rand.Text())
	}
	servers, end, err := s.start(errs)
	if err != nil {
		return err
	}
	defer end()
	if err := s.write(servers); err != nil {
		return err
	}
	s.describe(out, servers)
	if s.control {
		c, err := listen(servers[len(servers)-1], s.path("control-headers"))
		if err != nil {
			return err
		}
		defer c.close()
		c.describe(out)
	}
	fmt.Fprintln(out, "\nThis is no server for real data. Ctrl-C ends it.")
	<-ctx.Done()
	for _, server := range servers {
		fmt.Fprintf(out, "%s: %d requests\n", server.URL, len(server.Requests()))
	}
	return nil
}

func (s *settings) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// start starts one server, or the source and the target of a pair.
func (s *settings) start(errs io.Writer) (servers []*openidmtest.Server, end func(), err error) {
	o := openidmtest.Options{
		Role: s.role, Generation: s.generation, Users: s.users, Roles: s.roles, Links: s.links,
		AdminPassword: s.password.Reveal(), Addr: address(s.port),
	}
	if s.verbose {
		o.Logger = slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: brief}))
	}
	if !s.pair {
		o.Faults = s.faults
		server, err := openidmtest.Start(o)
		if err != nil {
			return nil, nil, err
		}
		return []*openidmtest.Server{server}, server.Close, nil
	}
	target := openidmtest.Options{Faults: s.faults, Logger: o.Logger, Addr: address(0)}
	if s.port > 0 {
		target.Addr = address(s.port + 1000)
	}
	o.CommonName = "localhost"
	p, err := idconnecttest.StartPair(idconnecttest.Options{Source: o, Target: target})
	if err != nil {
		return nil, nil, err
	}
	return []*openidmtest.Server{p.Source(), p.Target()}, func() { p.Close() }, nil
}

// brief leaves out of a line what is the same in all of them.
func brief(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.LevelKey || a.Key == slog.MessageKey || a.Value.Equal(slog.StringValue("")) {
		return slog.Attr{}
	}
	return a
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// write writes the files that a client needs, and the folder of each installation.
// Only this user can read those with a password.
func (s *settings) write(servers []*openidmtest.Server) error {
	cert := servers[0].Certificate()
	trust := keystore.New(keystore.JKS)
	err := trust.PutCertificate("openidm-localhost", cert, keystore.PutOptions{Created: time.Now()})
	if err == nil {
		err = keystore.WriteFile(s.path("truststore.jks"), trust, keystore.NewPassword(storePassword))
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	password := s.password.Reveal()
	for name, content := range map[string]string{
		"certificate.pem": string(text),
		"password":        password + "\n",
		"headers":         "X-OpenIDM-Username: " + administrator + "\nX-OpenIDM-Password: " + password + "\n",
	} {
		err = errors.Join(err, writePrivate(s.path(name), content))
	}
	for _, server := range servers {
		err = errors.Join(err, server.WriteFolder(s.folder(server)))
	}
	return err
}

// writePrivate replaces a file, whatever the mode of one that was there.
func writePrivate(path, content string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// storePassword is that of all stores, OpenIDM's own default, and no secret.
const storePassword = "changeit"

func (s *settings) folder(server *openidmtest.Server) string {
	return s.path(server.Role().String(), "salesforceIdConnect")
}

// describe says where the servers are and how they are asked. It shows no password.
func (s *settings) describe(out io.Writer, servers []*openidmtest.Server) {
	for _, server := range servers {
		fmt.Fprintf(out, "%-12s %s\n", server.Role(), server.URL)
		fmt.Fprintf(out, "%-12s %s, %d users\n", "plays", server.Generation(), server.Count("managed/user"))
		fmt.Fprintf(out, "%-12s %s\n", "folder", s.folder(server))
	}
	fmt.Fprintf(out, "%-12s %s, password in %s\n", "user", administrator, s.path("password"))
	fmt.Fprintf(out, "%-12s %s\n", "certificate", s.path("certificate.pem"))
	fmt.Fprintf(out, "%-12s %s, password %s\n", "truststore", s.path("truststore.jks"), storePassword)
	fmt.Fprintf(out, "\ncurl --cacert %s -H @%s %sinfo/ping\n", s.path("certificate.pem"), s.path("headers"),
		servers[0].URL)
}
