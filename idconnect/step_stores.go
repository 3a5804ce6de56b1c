package idconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
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
	// A file is not changed under a server that runs.
	if err := undo.Stopped(s.TargetDir, "", false); err != nil {
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
	return undo.Stores(s.journal, s.Site, s.removeAdded)
}
