package idconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
)

// sourceStores opens both stores of the source. The truststore's password may
// be unknown; then it is read as Java reads it without one.
func (r *run) sourceStores() (keys, trust *keystore.Store, err error) {
	if r.u.StoresFile != "" {
		return r.openCarried()
	}
	inst, err := OpenInstallation(r.u.SourceDir)
	if err != nil {
		return nil, nil, err
	}
	password, err := r.u.keystorePassword()
	if err != nil {
		return nil, nil, err
	}
	keys, err = keystore.Open(inst.KeystorePath(), password)
	if err != nil {
		return nil, nil, fmt.Errorf("keystore %s: %w", inst.KeystorePath(), err)
	}
	own := r.u.Source
	own.Truststore = ""
	trust, err = r.u.openTruststore(own, r.u.SourceDir)
	return keys, trust, err
}

// checkStores compares by alias and key: a server of 7.x adds what it misses
// to the copied files, so the files themselves may differ.
func checkStores(_ context.Context, r *run) (report.State, string, error) {
	keys, trust, err := r.sourceStores()
	if err != nil {
		return report.ToDo, "", err
	}
	detail := fmt.Sprintf("%s, %s", text.Plural(keys.Len(), "key"), text.Plural(trust.Len(), "certificate"))
	if !isInstallation(r.u.TargetDir) {
		return report.ToDo, detail, nil
	}
	same, _, err := r.storesHeld(keys, trust)
	if err != nil {
		// The target's store does not open with the source's password: it is
		// not the source's.
		return report.ToDo, detail, nil
	}
	if !same {
		return report.ToDo, detail, nil
	}
	return report.Done, detail + ", all in the target", nil
}

// storesHeld says whether every entry of the source's stores is in the
// target's, and which keys the target has of its own.
func (r *run) storesHeld(keys, trust *keystore.Store) (held bool, own []string, err error) {
	pairs, err := r.storePairs()
	if err != nil {
		return false, nil, err
	}
	held = true
	password, err := r.u.keystorePassword()
	if err != nil {
		return false, nil, err
	}
	target, err := keystore.Open(pairs[0].target, password)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		held = false
	case err != nil:
		return false, nil, err
	default:
		d, err := keystore.Compare(keys, target)
		if err != nil {
			return false, nil, err
		}
		held = len(d.OnlyA) == 0 && len(d.Changed) == 0
		own = append(append(own, d.Changed...), d.OnlyB...)
	}
	_, trustPassword := r.truststorePassword()
	target, err = keystore.Open(pairs[1].target, trustPassword)
	if errors.Is(err, keystore.ErrIntegrity) {
		target, err = keystore.Open(pairs[1].target, keystore.Password{})
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, own, nil
	case err != nil:
		return false, own, err
	}
	return held && holdsCertificates(target, trust, r.u.TruststoreConflict), own, nil
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

// truststorePassword is that of the source's own truststore.
func (r *run) truststorePassword() (known bool, p keystore.Password) {
	if p = r.u.Source.TruststorePassword; !p.IsZero() {
		return true, p
	}
	dir := r.u.SourceDir
	if r.u.StoresFile != "" {
		dir = r.u.TargetDir // no file says it, but both are usually the same
	}
	inst, err := OpenInstallation(dir)
	if err != nil {
		return false, p
	}
	if p, err = inst.TruststorePassword(); err != nil {
		return false, keystore.Password{}
	}
	return !p.IsZero(), p
}

// startedSigns are what OpenIDM leaves in its folder when it runs (assumed for
// 7.1.6; true of 7.0.2).
var startedSigns = []string{"felix-cache", ".openidm.pid", "db/openidm"}

// everStarted names a trace of a server that was started from dir.
func everStarted(dir string) (string, bool) {
	inst, err := OpenInstallation(dir)
	if err != nil {
		return "", false
	}
	if pid, running := inst.Process(); running {
		return fmt.Sprintf("process %d", pid), true
	}
	for _, s := range startedSigns {
		path := filepath.Join(dir, filepath.FromSlash(s))
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if entries, err := os.ReadDir(path); info.IsDir() && (err != nil || len(entries) == 0) {
			continue
		}
		return s, true
	}
	return "", false
}

func doStores(ctx context.Context, r *run) (string, error) {
	pairs, err := r.storePairs()
	if err != nil {
		return "", err
	}
	var done []string
	for i, p := range pairs {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		said, err := r.copyStore(p, i == 1)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.what, err)
		}
		done = append(done, p.what+" "+said)
	}
	r.forgetTarget()
	state, _, err := checkStores(ctx, r)
	if err != nil {
		return "", err
	}
	if state != report.Done {
		return "", errors.New("the target's stores do not hold what was copied: something else writes to them")
	}
	return strings.Join(done, "; "), nil
}

// copyStore copies, or merges, one store of the source, unless that changes
// nothing. What the package or a target that never ran holds is not needed; a
// target that ran is refused by preflight. The old file is kept.
func (r *run) copyStore(p storePair, isTruststore bool) (string, error) {
	password, err := r.u.keystorePassword()
	if err != nil {
		return "", err
	}
	if isTruststore {
		_, password = r.truststorePassword()
	}
	content, err := p.content()
	if err != nil {
		return "", err
	}
	if r.u.StoresFile != "" && isTruststore {
		// A password that does not fit proves nothing; the file was proved.
		if _, err := keystore.Decode(bytes.NewReader(content), password); errors.Is(err, keystore.ErrIntegrity) && r.u.TruststoreConflict == "" {
			password = keystore.Password{}
		}
	}
	did := "copied"
	if isTruststore && r.u.TruststoreConflict != "" {
		did = "merged"
		if content, err = mergeTruststores(content, p, password, r.u.TruststoreConflict); err != nil {
			return "", err
		}
	}
	if old, err := readFile(p.target); err == nil && bytes.Equal(old, content) {
		return "is there already", nil
	}
	if err := r.targetStopped(); err != nil {
		return "", err
	}
	n := &storeNote{note: begin()}
	options := keystore.CopyOptions{Password: password, Replace: true, Intent: func(c keystore.Changes) error {
		n.Changes = c
		r.journal.Stores = append(r.journal.Stores, n)
		return r.journal.save()
	}}
	if did == "merged" || r.u.StoresFile != "" {
		_, err = keystore.CopyBytes(content, p.target, options)
	} else {
		_, err = keystore.Copy(p.source, p.target, options)
	}
	if err != nil {
		return "", err
	}
	n.end()
	if n.Changes.Backup != "" {
		did += ", the old one is " + filepath.Base(n.Changes.Backup)
	}
	return did, r.journal.save()
}

// targetStopped refuses to change files under a server that runs.
func (r *run) targetStopped() error {
	inst, err := OpenInstallation(r.u.TargetDir)
	if err != nil {
		return nil // no installation, no server
	}
	if pid, running := inst.Process(); running {
		return fmt.Errorf("the server of %s runs as process %d: stop it first", r.u.TargetDir, pid)
	}
	return nil
}

// readFile reads a store for as long as one can be.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxStore+1))
	if err == nil && len(content) > maxStore {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxStore)
	}
	return content, err
}

// maxStore bounds the file of a key store, in bytes, as package keystore does.
const maxStore = 64 << 20

// settleStores finds out what became of a copy that was killed: it was made
// when the file is what it was to become; else it was not, and its traces go.
func (r *run) settleStores() error {
	var kept []*storeNote
	changed := false
	for _, n := range r.journal.Stores {
		if n.open() {
			changed = true
			path := n.Changes.Path
			if err := errors.Join(disk.Sweep(path), disk.Sweep(n.Changes.Backup)); err != nil {
				return err
			}
			sum, err := sumOfFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if sum != n.Changes.SHA256 {
				err := n.Changes.Undo()
				if err == nil {
					continue
				}
				if !errors.Is(err, keystore.ErrChangedSince) {
					return err
				}
				// Neither what it was nor what it was to become: somebody else
				// wrote it. A rollback will say so, and a copy keeps it.
			}
			n.end()
		}
		kept = append(kept, n)
	}
	if !changed {
		return nil
	}
	r.journal.Stores = kept
	return r.journal.save()
}

// mergeTruststores gives the target's truststore with the source's
// certificates added. A real truststore has the server's own certificate as a
// private key entry: of that the certificate is taken, not the key.
func mergeTruststores(source []byte, p storePair, password keystore.Password, policy keystore.Policy) ([]byte, error) {
	from, err := keystore.Decode(bytes.NewReader(source), password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.source, err)
	}
	into, err := keystore.Open(p.target, password)
	if errors.Is(err, fs.ErrNotExist) {
		return source, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w (a merge needs both truststores under one password)", p.target, err)
	}
	for e := range from.Entries() {
		if e.Kind != keystore.PrivateKey {
			continue
		}
		chain, err := e.Certificates()
		if err != nil || len(chain) == 0 {
			return nil, errors.Join(fmt.Errorf("%s: entry %s has no readable certificate", p.source, e.Alias), err)
		}
		if err := from.PutCertificate(e.Alias, chain[0], keystore.PutOptions{Created: e.Created}); err != nil {
			return nil, err
		}
	}
	if _, err := keystore.Merge(into, from, policy); err != nil {
		return nil, err
	}
	var merged bytes.Buffer
	err = into.Encode(&merged, password)
	return merged.Bytes(), err
}

// undoStores puts the stores back, the last one first.
func undoStores(_ context.Context, r *run) (string, error) {
	if len(r.journal.Stores) == 0 {
		return "no store was replaced", nil
	}
	if err := r.targetStopped(); err != nil {
		return "", err
	}
	var done []string
	for n := len(r.journal.Stores); n > 0; n = len(r.journal.Stores) {
		c := r.journal.Stores[n-1].Changes
		said := "put back " + c.Path
		err := c.Undo()
		if errors.Is(err, keystore.ErrChangedSince) && r.u.RemoveAdded {
			// The server wrote to it, or somebody did.
			said += ", which was changed since"
			if err = disk.Remove(c.Path); err == nil {
				err = c.Undo()
			}
		}
		if err != nil {
			return strings.Join(done, "; "), err
		}
		r.journal.Stores = r.journal.Stores[:n-1]
		if err := r.journal.save(); err != nil {
			return "", err
		}
		done = append(done, said)
	}
	return strings.Join(done, "; "), nil
}
