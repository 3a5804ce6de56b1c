package demo

import (
	"context"
	"net/url"
	"os"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// fault is a failure to demonstrate, and the commands that show it.
type fault struct {
	about string
	// target are what goes wrong in it.
	target []openidmtest.Fault
	acts   []act
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
		about:  "the migration reports success, but three records are missing",
		target: []openidmtest.Fault{{Path: "endpoint/migration", Action: "migrate", LoseRecords: 3}},
		acts:   []act{{title: "The last step of the upgrade finds them", command: "run -yes", want: failed}},
	},
	"failed-records": {
		about: "the target could not write two of the records",
		target: []openidmtest.Fault{{
			Path: "endpoint/migration", Action: "migrate", FailRecords: 2, CompleteAnyway: true,
			Reason: "found duplicated key 'user@example.com' in index 'mail'",
		}},
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
	address, err := url.Parse(s.Upgrade.Target.URL)
	if err != nil {
		return err
	}
	s.early, err = openidmtest.Start(openidmtest.Options{Role: openidmtest.Target, Addr: "127.0.0.1:" + address.Port()})
	if err != nil {
		return err
	}
	return s.early.WriteFolder(s.Upgrade.TargetDir)
}

// stopSourceMidway closes the source once the target begins to copy.
func stopSourceMidway(ctx context.Context, s *site) error {
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			if t := s.Target(); t != nil && t.Count("managed/user") > 0 {
				s.Source().Close()
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return nil
}

// deleteUser has the target lose a record.
func deleteUser(_ context.Context, s *site) error {
	s.Target().Delete("managed/user", "u00000")
	return nil
}

// stopTarget stops the target.
func stopTarget(_ context.Context, s *site) error {
	s.Target().Close()
	return nil
}
