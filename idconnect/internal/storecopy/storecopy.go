// Package storecopy brings one store of the source into the target's folder: as it is, or merged with the one that is
// there, with its intent in the journal before anything is written. Which stores there are is for package site, how
// they come back for package undo. Begin with [Copy].
package storecopy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
	"github.com/idconnect-go/upgrade/keystore"
)

// Copy is the copy of one store.
type Copy struct {
	From     site.StoreFile
	In       *site.TargetFolder
	To       string
	Password keystore.Password
	// Merge is the policy by which a truststore is merged, "" where the file is
	// copied.
	Merge keystore.Policy
}

// Run copies, or merges, the store, unless that changes nothing, and says which. Its
// intent and its end go into the journal. Nothing in dir, the target's folder, is
// changed under a server that runs. What the package or a target that never ran holds
// is not needed; a target that ran is refused by preflight. The old file is kept.
func (c Copy) Run(j *journal.Journal, dir string) (string, error) {
	content, err := c.From.Content()
	if err != nil {
		return "", err
	}
	did := "copied"
	if c.Merge != "" {
		did = "merged"
		if content, err = c.merged(content); err != nil {
			return "", err
		}
	} else if c.From.Carried && c.From.What == "truststore" {
		// A password that does not fit proves nothing; the file was proved.
		if _, err := keystore.Decode(bytes.NewReader(content), c.Password); errors.Is(err, keystore.ErrIntegrity) {
			c.Password = keystore.Password{}
		}
	}
	if old, err := c.In.ReadStore(c.To); err == nil && bytes.Equal(old, content) {
		return "is there already", nil
	}
	if err := undo.Stopped(dir, "", false); err != nil {
		return "", err
	}
	n := &journal.Store{Note: journal.Begin()}
	intent := func(changes keystore.Changes) error {
		// The world may have changed since preflight.
		if err := c.In.CheckWrite(); err != nil {
			return err
		}
		n.Changes = changes
		j.Stores = append(j.Stores, n)
		return j.Save()
	}
	_, err = keystore.CopyBytes(content, c.To, keystore.CopyOptions{
		Password: c.Password, Replace: true, In: c.In.Root, Like: c.From.Info(), Intent: intent,
	})
	if err != nil {
		return "", err
	}
	n.End()
	if n.Changes.Backup != "" {
		did += ", the old one is " + filepath.Base(n.Changes.Backup)
	}
	return did, j.Save()
}

// merged gives the target's truststore with the source's certificates added. A real
// truststore has the server's own certificate as a private key entry: of that the
// certificate is taken, not the key.
func (c Copy) merged(source []byte) ([]byte, error) {
	from, err := keystore.Decode(bytes.NewReader(source), c.Password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.From.Path, err)
	}
	old, err := c.In.ReadStore(c.To)
	if errors.Is(err, fs.ErrNotExist) {
		return source, nil
	}
	var into *keystore.Store
	if err == nil {
		into, err = keystore.Decode(bytes.NewReader(old), c.Password)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w (a merge needs both truststores under one password)", c.To, err)
	}
	for e := range from.Entries() {
		if e.Kind != keystore.PrivateKey {
			continue
		}
		chain, err := e.Certificates()
		if err != nil || len(chain) == 0 {
			return nil, errors.Join(fmt.Errorf("%s: entry %s has no readable certificate", c.From.Path, e.Alias), err)
		}
		if err := from.PutCertificate(e.Alias, chain[0], keystore.PutOptions{Created: e.Created}); err != nil {
			return nil, err
		}
	}
	if _, err := keystore.Merge(into, from, c.Merge); err != nil {
		return nil, err
	}
	var merged bytes.Buffer
	err = into.Encode(&merged, c.Password)
	return merged.Bytes(), err
}
