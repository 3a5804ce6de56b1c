package site

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/keystore"
)

// StoresHeld says whether every entry of the source's stores is in the
// target's, and which keys the target has of its own. It compares by alias and
// key: a server of 7.x adds what it misses to the copied files, so the files
// themselves may differ.
func (s *Site) StoresHeld(ctx context.Context, keys, trust *keystore.Store) (held bool, own []string, err error) {
	stores, err := s.TargetStores()
	if err != nil {
		return false, nil, err
	}
	password, err := s.KeystorePassword()
	if err != nil {
		return false, nil, err
	}
	held = true
	target, err := stores.Keystore.Open(password)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		held = false
	case err != nil:
		return false, nil, err
	default:
		d, err := keystore.Compare(ctx, keys, target)
		if err != nil {
			return false, nil, err
		}
		held = len(d.OnlyA) == 0 && len(d.Changed) == 0
		own = append(append(own, d.Changed...), d.OnlyB...)
	}
	target, err = stores.Truststore.Open(s.TruststorePassword(), keystore.Password{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, own, nil
	case err != nil:
		return false, own, err
	}
	return held && holdsCertificates(target, trust, s.TruststoreConflict), own, nil
}

// holdsCertificates compares what a truststore is for: which certificates it
// trusts, under whatever alias. Under the policy keep an alias of the target's
// own stands for the source's.
func holdsCertificates(in, of *keystore.Store, policy keystore.Policy) bool {
	have := map[string]bool{}
	for e := range in.Entries() {
		if raw := e.RawCertificates(); len(raw) > 0 {
			have[keystore.CertificateFingerprint(raw[0])] = true
		}
	}
	for e := range of.Entries() {
		raw := e.RawCertificates()
		if len(raw) == 0 || have[keystore.CertificateFingerprint(raw[0])] {
			continue
		}
		if _, kept := in.Entry(e.Alias); !kept || policy != keystore.Keep {
			return false
		}
	}
	return true
}

// StoresCopied says whether the target holds what the stores of the source
// hold, whose sizes are given for people.
func (s *Site) StoresCopied(ctx context.Context) (copied bool, keys, certificates int, err error) {
	k, t, err := s.OpenSource()
	if err != nil {
		return false, 0, 0, err
	}
	if installation.Is(s.TargetDir) {
		// A store of the target that does not open with the source's password
		// is not the source's.
		held, _, err := s.StoresHeld(ctx, k, t)
		copied = held && err == nil
	}
	return copied, k.Len(), t.Len(), nil
}

// TargetProcess is the PID of the target's server, 0 where none runs.
func (s *Site) TargetProcess() int {
	pid, running := installation.Process(s.TargetDir)
	if !running || !installation.Is(s.TargetDir) {
		return 0
	}
	return pid
}

// startedSigns are what OpenIDM leaves in its folder when it runs (H for 7.x, where Windows has no PID file; assumed
// for 7.1.6). db/openidm is that of OrientDB or of an embedded DS, not of Postgres.
var startedSigns = []string{"felix-cache", ".openidm.pid", "logs/openidm0.log.0", "db/openidm"}

// TargetStarted names a trace of a server that was started from the target's
// folder, "" where there is none. Traces that are not younger than left, unless
// that is nil, do not count.
func (s *Site) TargetStarted(left *time.Time) string {
	if !installation.Is(s.TargetDir) {
		return ""
	}
	if pid := s.TargetProcess(); pid != 0 {
		return fmt.Sprintf("process %d", pid)
	}
	for _, sign := range startedSigns {
		if traceSince(filepath.Join(s.TargetDir, filepath.FromSlash(sign)), left) {
			return sign
		}
	}
	return ""
}

// traceSince says whether a file, or an entry of a folder, was written after a
// moment, or at all where that is nil.
func traceSince(path string, moment *time.Time) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	young := func(info fs.FileInfo) bool { return moment == nil || info.ModTime().After(*moment) }
	entries, err := os.ReadDir(path)
	if err != nil { // a file
		return young(info)
	}
	if len(entries) > 0 && young(info) {
		return true
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		info, err := e.Info()
		return err != nil || young(info)
	})
}
