package idconnect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/storecopy"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
	"github.com/idconnect-go/upgrade/internal/text"
)

// storesStep brings the source's keystore and truststore into the target's
// folder.
type storesStep struct{ *runner }

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
	var did []string
	for _, c := range []storecopy.Copy{
		{From: from.Keystore, In: to, To: to.KeystorePath(), Password: password},
		{From: from.Truststore, In: to, To: to.TruststorePath(), Password: s.TruststorePassword(),
			Merge: s.TruststoreConflict},
	} {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		said, err := c.Run(s.journal, s.TargetDir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.From.What, err)
		}
		did = append(did, c.From.What+" "+said)
	}
	s.ForgetTarget()
	copied, _, _, err := s.StoresCopied(ctx)
	if err != nil {
		return "", err
	}
	if !copied {
		return "", errors.New("the target's stores do not hold what was copied: something else writes to them")
	}
	return strings.Join(did, "; "), nil
}

// Undo puts the stores back, the last one first.
func (s storesStep) Undo(context.Context) (string, error) {
	return undo.Stores(s.journal, s.Site, s.removeAdded)
}
