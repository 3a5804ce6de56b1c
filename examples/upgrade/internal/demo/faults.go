package demo

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// fault is a failure to demonstrate, and the commands that show it.
type fault struct {
	about string
	// settings are those of the target.
	settings func(*settings)
	acts     []act
}

const (
	blocked = 3 // exit code
	failed  = 1
)

var faults = map[string]fault{
	"wrong-certificate-host": {
		about: "the source's certificate is for another host than its address",
		acts:  []act{{title: "The plan names the cause and the remedy", command: "plan", want: blocked}},
	},
	"target-started-too-early": {
		about: "the target was started before it had the source's stores",
		acts: []act{{title: "The plan names the cause and the remedy", before: startTargetTooEarly,
			command: "plan", want: blocked}},
	},
	"lost-records": {
		about: "the migration reports success, but three records are missing",
		settings: func(s *settings) {
			s.Faults = []openidmtest.Fault{{Path: "endpoint/migration", Action: "migrate", LoseRecords: 3}}
		},
		acts: []act{{title: "The last step of the upgrade finds them", command: "run -yes", want: failed}},
	},
	"failed-records": {
		about: "the target could not write two of the records",
		settings: func(s *settings) {
			s.Faults = []openidmtest.Fault{{
				Path: "endpoint/migration", Action: "migrate", FailRecords: 2, CompleteAnyway: true,
				Reason: "found duplicated key 'user@example.com' in index 'mail'",
			}}
		},
		acts: []act{
			{title: "The upgrade stops at the step that failed", command: "run -yes", want: failed},
			{title: "The comparison says which records, and why", command: "verify", want: failed},
		},
	},
	"source-stops-midway": {
		about: "the source stops during the migration",
		acts: []act{{title: "The upgrade stops, and says how it goes on", before: stopSourceMidway,
			command: "run -yes", want: failed}},
	},
	"wrong-keystore-password": {
		about: "the password of the source's keystore is wrong",
		acts: []act{{title: "The plan names the cause and the remedy", before: wrongPassword, command: "plan",
			want: blocked}},
	},
}

func wrongPassword(_ context.Context, s *site) error {
	return os.WriteFile(s.path("keystore.pw"), []byte("not this one\n"), 0o600)
}

// startTargetTooEarly starts a target without the source's stores, so that it
// generates keys of its own.
func startTargetTooEarly(_ context.Context, s *site) error {
	target := s.path("idc716", "salesforceIdConnect")
	own, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target, Addr: s.settings.Addr})
	if err != nil {
		return err
	}
	s.early = own
	security := filepath.Join(target, "security")
	if err := os.MkdirAll(security, 0o755); err != nil {
		return err
	}
	if err := writeBootProperties(target, portOf(s.settings.Addr)); err != nil {
		return err
	}
	return own.WriteStores(security)
}

// stopSourceMidway closes the source once the target begins to copy.
func stopSourceMidway(ctx context.Context, s *site) error {
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for !exists(s.inTarget(copyingFile)) {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		s.source.Close()
	}()
	return nil
}

// deleteUser has the target lose a record.
func deleteUser(ctx context.Context, s *site) error {
	if err := os.WriteFile(s.inTarget(deleteFile), nil, 0o644); err != nil {
		return err
	}
	return until(ctx, func() bool { return !exists(s.inTarget(deleteFile)) })
}

// stopTarget ends the target's process.
func stopTarget(ctx context.Context, s *site) error {
	text, err := os.ReadFile(s.inTarget(".openidm.pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	s.lifeline.end()
	// It is gone now or in a moment, unless nobody waits for it: then what is left of it does no harm.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = until(ctx, func() bool { return !runs(pid) })
	return nil
}

// until waits for something that the target's process does.
func until(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
