package idconnect

import (
	"context"
	"errors"
	"log/slog"

	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// MinPassphrase is the minimum length of a [HandoverKey.Passphrase], in
// characters.
const MinPassphrase = handover.MinPassphrase

// HandoverKey encrypts or opens the file of [Upgrade.Export]: with a passphrase,
// or with age's key pairs (age-keygen makes one).
type HandoverKey struct {
	// Passphrase of at least [MinPassphrase] characters.
	Passphrase openidm.Secret
	// Recipients are public keys, "age1…": who has one of their identities can
	// open what [Upgrade.Export] writes. Not together with Passphrase.
	Recipients []string
	// Identities is the text of a file of identities, "AGE-SECRET-KEY-1…".
	Identities openidm.Secret
}

// LogValue gives the recipients to a [slog.Logger].
func (k HandoverKey) LogValue() slog.Value { return redact.Fields(k) }

// Export writes the two stores of SourceDir into one file, encrypted with age,
// to be carried to the machine of the target, where StoresFile names it. The
// file says, too, which aliases and types the source's boot.properties names.
// Export is run on the machine of the source, which is only read. What it writes
// is what it has opened: each store is read once, and is never on the disk in
// plain. An existing file is not replaced: that is an [io/fs.ErrExist]. A file in
// SourceDir is an error.
func (u *Upgrade) Export(ctx context.Context, path string, key HandoverKey) error {
	switch {
	case u == nil:
		return errNoUpgrade
	case u.SourceDir == "":
		return &MissingError{Field: "SourceDir", Step: "export"}
	case path == "":
		return errors.New("export: the path of the file is empty")
	}
	if err := disk.CheckPlace(path, []string{u.SourceDir}); err != nil {
		return err
	}
	if err := handover.Check(path, handover.Key(key)); err != nil {
		return err
	}
	only := *u
	only.StoresFile = ""
	s, err := only.site()
	if err != nil {
		return err
	}
	inst, err := installation.Open(s.SourceDir)
	if err != nil {
		return s.Hide().Error(err)
	}
	h, err := handover.New(s.Source.URL, inst)
	if err != nil {
		return s.Hide().Error(err)
	}
	if _, _, err := s.OpenStores(site.StoresIn(h)); err != nil {
		return s.Hide().Error(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return handover.Write(path, h, handover.Key(key))
}
