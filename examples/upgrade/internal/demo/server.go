package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// The environment variables by which the demonstration configures the set-up
// script and the server that the script starts. None holds a secret: the password
// is piped.
const (
	programVariable  = "IDC_DEMO_PROGRAM"
	dirVariable      = "IDC_DEMO_SERVER_DIR"
	settingsVariable = "IDC_DEMO_SETTINGS"

	// copyingFile is a file that the server creates when it begins to copy. It
	// deletes a user when it finds deleteFile.
	copyingFile = "logs/copying"
	deleteFile  = "logs/delete"
)

type settings struct {
	Addr     string
	Lifeline string
	Hosts    map[string]string
	Pace     time.Duration
	Faults   []openidmtest.Fault
}

func (s settings) export() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.Setenv(programVariable, program); err != nil {
		return err
	}
	return os.Setenv(settingsVariable, string(text))
}

// Child does the work of this program where the site has started it: as java.exe, or as its 7.1.6 server, which ends
// when the demonstration ends. ok is false for any other process.
func Child(ctx context.Context) (code int, ok bool) {
	if says, ok := playJava(); ok {
		os.Stderr.Write(says)
		return 0, true
	}
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return 0, false
	}
	if err := serveTarget(ctx, dir, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "target:", err)
		return 1, true
	}
	return 0, true
}

// serveTarget is the 7.1.6 server of the demonstration, with the stores in dir and their password on in. The set-up
// script starts it.
func serveTarget(ctx context.Context, dir string, in io.Reader) error {
	var s settings
	if err := json.Unmarshal([]byte(os.Getenv(settingsVariable)), &s); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("reading the keystore's password: %w", err)
	}
	lifeline, err := net.Dial("tcp", s.Lifeline)
	if err != nil {
		return err
	}
	options := openidmtest.Options{
		Role: openidmtest.Target, Version: "7.1.6", Addr: s.Addr, Hosts: s.Hosts, Pace: s.Pace, Faults: s.Faults,
		Keystore:      filepath.Join(dir, "security", "keystore.jceks"),
		Truststore:    filepath.Join(dir, "security", "truststore"),
		Password:      keystore.NewPassword(strings.TrimRight(line, "\r\n")),
		AdminPassword: admin,
	}
	addMappings(&options)
	server, err := openidmtest.Start(options)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := os.WriteFile(filepath.Join(dir, ".openidm.pid"), fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		return err
	}
	// The connection is closed by the end of the process, for which the demonstration waits.
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, lifeline)
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for said := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-gone:
			return nil
		case <-tick.C:
			if !said && server.Count("managed/user") > 0 {
				said = true
				if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(copyingFile)), nil, 0o644); err != nil {
					return err
				}
			}
			if asked := filepath.Join(dir, filepath.FromSlash(deleteFile)); exists(asked) {
				server.Delete("managed/user", "u00000")
				os.Remove(asked)
			}
		}
	}
}
