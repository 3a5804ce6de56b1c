package main

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
	demoProgram      = "IDC_DEMO_PROGRAM"
	demoServerDir    = "IDC_DEMO_SERVER_DIR"
	demoSettingsName = "IDC_DEMO_SETTINGS"

	// demoCopying is a file that the server creates when it begins to copy.
	demoCopying = "logs/copying"
)

type demoSettings struct {
	Addr     string
	Lifeline string
	Hosts    map[string]string
	Pace     time.Duration
	Faults   []openidmtest.Fault

	early *openidmtest.Server
}

func (s demoSettings) export() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.Setenv(demoProgram, program); err != nil {
		return err
	}
	return os.Setenv(demoSettingsName, string(text))
}

// serveDemoTarget is the 7.1.6 server of the demonstration. The set-up script
// starts it as a process, with the stores in dir and their password on standard
// input. It ends when the demonstration ends.
func serveDemoTarget(ctx context.Context, dir string) int {
	if err := serveTarget(ctx, dir, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "target:", err)
		return exitFailed
	}
	return exitDone
}

func serveTarget(ctx context.Context, dir string, in io.Reader) error {
	var s demoSettings
	if err := json.Unmarshal([]byte(os.Getenv(demoSettingsName)), &s); err != nil {
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
	defer lifeline.Close()
	options := openidmtest.Options{
		Role: openidmtest.Target, Version: "7.1.6", Addr: s.Addr, Hosts: s.Hosts, Pace: s.Pace, Faults: s.Faults,
		Keystore:      filepath.Join(dir, "security", "keystore.jceks"),
		Truststore:    filepath.Join(dir, "security", "truststore"),
		Password:      keystore.NewPassword(strings.TrimRight(line, "\r\n")),
		AdminPassword: demoAdmin,
	}
	addDemoMappings(&options)
	server, err := openidmtest.Start(options)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := os.WriteFile(filepath.Join(dir, ".openidm.pid"), fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		return err
	}
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
				if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(demoCopying)), nil, 0o644); err != nil {
					return err
				}
			}
		}
	}
}
