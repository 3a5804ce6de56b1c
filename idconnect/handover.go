package idconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// MinPassphrase is the minimum length of a [HandoverKey.Passphrase], in characters.
const MinPassphrase = handover.MinPassphrase

// HandoverKey encrypts or opens the file of [Upgrade.Export]: with a passphrase, or with age's key pairs (age-keygen
// makes one).
type HandoverKey struct {
	// Passphrase of at least [MinPassphrase] characters.
	Passphrase openidm.Secret
	// Recipients are public keys, "age1…": who has one of their identities can open what [Upgrade.Export] writes. Not
	// together with Passphrase.
	Recipients []string
	// Identities is the text of a file of identities, "AGE-SECRET-KEY-1…".
	Identities openidm.Secret
}

// Export writes the two stores of SourceDir into one file, encrypted with age, to be carried to the machine of the
// target, where StoresFile names it. The file says, too, which aliases and types the source's boot.properties names. It
// is run on the machine of the source, which is only read, and opens the stores first. They are never on the disk in
// plain. An existing file is not replaced: that is an [io/fs.ErrExist].
func (u *Upgrade) Export(ctx context.Context, path string, key HandoverKey) error {
	if u.SourceDir == "" {
		return &MissingError{Field: "SourceDir", Step: "export"}
	}
	if err := handover.Check(path, handover.Key(key)); err != nil {
		return err
	}
	only := *u
	only.StoresFile = ""
	r := &run{u: &only}
	if _, _, err := r.sourceStores(); err != nil {
		return err
	}
	inst, err := installation.Open(u.SourceDir)
	if err != nil {
		return err
	}
	h, err := handover.New(u.sourceURL(), inst)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return handover.Write(path, h, handover.Key(key))
}

// carried is the handover of StoresFile, read once.
func (r *run) carried() (*handover.File, error) {
	r.carriedOnce.Do(func() { r.carriedStores, r.carriedErr = handover.Read(r.u.StoresFile, handover.Key(r.u.StoresKey)) })
	return r.carriedStores, r.carriedErr
}

// openCarried opens both stores of a handover. Who has no password of the
// truststore has it from an authenticated file all the same.
func (r *run) openCarried() (keys, trust *keystore.Store, err error) {
	h, err := r.carried()
	if err != nil {
		return nil, nil, err
	}
	password, err := r.u.keystorePassword()
	if err != nil {
		return nil, nil, err
	}
	if keys, err = keystore.Decode(bytes.NewReader(h.Keystore.Content), password); err != nil {
		return nil, nil, fmt.Errorf("keystore in %s: %w", r.u.StoresFile, err)
	}
	_, password = r.truststorePassword()
	trust, err = keystore.Decode(bytes.NewReader(h.Truststore.Content), password)
	if errors.Is(err, keystore.ErrIntegrity) {
		trust, err = keystore.Decode(bytes.NewReader(h.Truststore.Content), keystore.Password{})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("truststore in %s: %w", r.u.StoresFile, err)
	}
	return keys, trust, nil
}
