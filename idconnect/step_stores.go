package idconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/keystore"
)

// storesStep brings the source's keystore and truststore into the target's
// folder.
type storesStep struct{ *runner }

func (storesStep) Name() string        { return StepStores }
func (storesStep) Where() report.Where { return report.WhereTarget }

func (s storesStep) Done(ctx context.Context) (bool, string, error) {
	copied, keys, certificates, err := s.StoresCopied(ctx)
	if err != nil {
		return false, "", err
	}
	detail := fmt.Sprintf("%s, %s", text.Plural(keys, "key"), text.Plural(certificates, "certificate"))
	if copied {
		detail += ", all in the target"
	}
	return copied, detail, nil
}

func (s storesStep) Apply(ctx context.Context) (string, error) {
	from, err := s.SourceStores()
	if err != nil {
		return "", err
	}
	to, err := s.OpenTarget()
	if err != nil {
		return "", err
	}
	defer to.Close()
	password, err := s.KeystorePassword()
	if err != nil {
		return "", err
	}
	did, err := s.copy(storeCopy{from: from.Keystore, in: to, to: to.KeystorePath(), password: password})
	if err != nil {
		return "", fmt.Errorf("keystore: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	trusted := storeCopy{from: from.Truststore, in: to, to: to.TruststorePath(),
		password: s.TruststorePassword(), merge: s.TruststoreConflict}
	didToo, err := s.copy(trusted)
	if err != nil {
		return "", fmt.Errorf("truststore: %w", err)
	}
	s.ForgetTarget()
	copied, _, _, err := s.StoresCopied(ctx)
	if err != nil {
		return "", err
	}
	if !copied {
		return "", errors.New("the target's stores do not hold what was copied: something else writes to them")
	}
	return "keystore " + did + "; truststore " + didToo, nil
}

// storeCopy is the copy of one store.
type storeCopy struct {
	from     site.StoreFile
	in       *site.TargetFolder
	to       string
	password keystore.Password
	// merge is the policy by which a truststore is merged, "" where the file is
	// copied.
	merge keystore.Policy
}

// copy copies, or merges, one store of the source, unless that changes nothing.
// What the package or a target that never ran holds is not needed; a target
// that ran is refused by preflight. The old file is kept.
func (s storesStep) copy(c storeCopy) (string, error) {
	content, err := c.from.Content()
	if err != nil {
		return "", err
	}
	did := "copied"
	if c.merge != "" {
		did = "merged"
		if content, err = mergeTruststores(content, c); err != nil {
			return "", err
		}
	} else if c.from.Carried && c.from.What == "truststore" {
		// A password that does not fit proves nothing; the file was proved.
		if _, err := keystore.Decode(bytes.NewReader(content), c.password); errors.Is(err, keystore.ErrIntegrity) {
			c.password = keystore.Password{}
		}
	}
	if old, err := c.in.ReadStore(c.to); err == nil && bytes.Equal(old, content) {
		return "is there already", nil
	}
	if err := s.targetStopped(); err != nil {
		return "", err
	}
	n := &journal.Store{Note: journal.Begin()}
	intent := func(changes keystore.Changes) error {
		// The world may have changed since preflight.
		if err := c.in.CheckWrite(); err != nil {
			return err
		}
		n.Changes = changes
		s.journal.Stores = append(s.journal.Stores, n)
		return s.journal.Save()
	}
	_, err = keystore.CopyBytes(content, c.to, keystore.CopyOptions{
		Password: c.password, Replace: true, In: c.in.Root, Like: c.from.Info(), Intent: intent,
	})
	if err != nil {
		return "", err
	}
	n.End()
	if n.Changes.Backup != "" {
		did += ", the old one is " + filepath.Base(n.Changes.Backup)
	}
	return did, s.journal.Save()
}

// targetStopped refuses to change files under a server that runs.
func (r *runner) targetStopped() error {
	if pid := r.TargetProcess(); pid != 0 {
		return fmt.Errorf("the server of %s runs as process %d: stop it first", r.TargetDir, pid)
	}
	return nil
}

// recoverStores finds out what became of a copy that was killed: it was made
// when the file is what it was to become; else it was not, and its traces go.
func (r *runner) recoverStores() error {
	if !slices.ContainsFunc(r.journal.Stores, func(n *journal.Store) bool { return n.IsOpen() }) {
		return nil
	}
	in, err := r.TargetRoot()
	if err != nil {
		return err
	}
	defer in.Close()
	var kept []*journal.Store
	for _, n := range r.journal.Stores {
		if n.IsOpen() {
			path := n.Changes.Path
			if err := in.Sweep(path); err != nil {
				return err
			}
			if backup := n.Changes.Backup; backup != "" {
				if err := in.Sweep(backup); err != nil {
					return err
				}
			}
			sum, err := in.SumOf(path)
			if err != nil {
				return err
			}
			if sum != n.Changes.SHA256 {
				err := n.Changes.UndoIn(in.Root)
				if err == nil {
					continue
				}
				if !errors.Is(err, keystore.ErrChangedSince) {
					return err
				}
				// Neither what it was nor what it was to become: somebody else
				// wrote it. A rollback will say so, and a copy keeps it.
			}
			n.End()
		}
		kept = append(kept, n)
	}
	r.journal.Stores = kept
	return r.journal.Save()
}

// mergeTruststores gives the target's truststore with the source's
// certificates added. A real truststore has the server's own certificate as a
// private key entry: of that the certificate is taken, not the key.
func mergeTruststores(source []byte, c storeCopy) ([]byte, error) {
	from, err := keystore.Decode(bytes.NewReader(source), c.password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.from.Path, err)
	}
	old, err := c.in.ReadStore(c.to)
	if errors.Is(err, fs.ErrNotExist) {
		return source, nil
	}
	var into *keystore.Store
	if err == nil {
		into, err = keystore.Decode(bytes.NewReader(old), c.password)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w (a merge needs both truststores under one password)", c.to, err)
	}
	for e := range from.Entries() {
		if e.Kind != keystore.PrivateKey {
			continue
		}
		chain, err := e.Certificates()
		if err != nil || len(chain) == 0 {
			return nil, errors.Join(fmt.Errorf("%s: entry %s has no readable certificate", c.from.Path, e.Alias), err)
		}
		if err := from.PutCertificate(e.Alias, chain[0], keystore.PutOptions{Created: e.Created}); err != nil {
			return nil, err
		}
	}
	if _, err := keystore.Merge(into, from, c.merge); err != nil {
		return nil, err
	}
	var merged bytes.Buffer
	err = into.Encode(&merged, c.password)
	return merged.Bytes(), err
}

// Undo puts the stores back, the last one first.
func (s storesStep) Undo(context.Context) (string, error) {
	if len(s.journal.Stores) == 0 {
		return "no store was replaced", nil
	}
	if err := s.targetStopped(); err != nil {
		return "", err
	}
	in, err := s.TargetRoot()
	if err != nil {
		return "", err
	}
	defer in.Close()
	var done []string
	for n := len(s.journal.Stores); n > 0; n = len(s.journal.Stores) {
		c := s.journal.Stores[n-1].Changes
		said := "put back " + c.Path
		err := c.UndoIn(in.Root)
		if errors.Is(err, keystore.ErrChangedSince) && s.removeAdded {
			// The server wrote to it, or somebody did.
			said += ", which was changed since"
			if err = in.Remove(c.Path); err == nil {
				err = c.UndoIn(in.Root)
			}
		}
		if err != nil {
			return strings.Join(done, "; "), err
		}
		s.journal.Stores = s.journal.Stores[:n-1]
		if err := s.journal.Save(); err != nil {
			return "", err
		}
		done = append(done, said)
	}
	return strings.Join(done, "; "), nil
}
