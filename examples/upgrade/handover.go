package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// handoverFlags select the key that encrypts or decrypts a handover file.
type handoverFlags struct {
	passphrase, identity string
	recipients           []string
}

const handoverVariable = "IDC_HANDOVER_PASSWORD"

func (h *handoverFlags) add(f *flag.FlagSet, export bool) {
	f.StringVar(&h.passphrase, "passphrase-file", "", "`file` with the passphrase of the handover file (default: $"+
		handoverVariable+", else a prompt)")
	if !export {
		f.StringVar(&h.identity, "identity-file", "",
			"`file` of age identities that decrypt the handover file, instead of a passphrase")
		return
	}
	f.Func("recipient", "`age1…` public key to encrypt to, instead of a passphrase; repeatable",
		func(s string) error {
			h.recipients = append(h.recipients, s)
			return nil
		})
}

// handoverKey reads the key from flags and environment. It does not prompt.
func (a *app) handoverKey(h *handoverFlags) (k idconnect.HandoverKey, err error) {
	k.Recipients = h.recipients
	if h.identity != "" {
		if k.Identities, err = keystore.ReadSecretFile(h.identity); err != nil {
			return k, usagef("-identity-file: %v", err)
		}
	}
	if len(k.Recipients) == 0 {
		k.Passphrase, err = a.password(h.passphrase, "-passphrase-file", handoverVariable)
	}
	return k, err
}

// export writes the source's stores to one encrypted file.
func (a *app) export(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("export")
	var h handoverFlags
	h.add(f, true)
	rest, err := parse(f, args, "FILE")
	if err != nil {
		return err
	}
	if v.u.SourceDir == "" {
		return usagef("export needs -source-dir")
	}
	if err := a.applyFlags(v, nil); err != nil {
		return err
	}
	key, err := a.handoverKey(&h)
	if err != nil {
		return err
	}
	if key.Passphrase.IsZero() && len(key.Recipients) == 0 {
		if key.Passphrase, err = a.newPassphrase(ctx); err != nil {
			return err
		}
	}
	if err := v.u.Export(ctx, rest[0], key); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s holds both stores of %s, encrypted.\n"+
		"Copy it to the target's machine and continue there:\n\n"+
		"  upgrade import %s -target-dir … -source-url %s …\n", rest[0], v.u.SourceDir, rest[0], v.u.Source.URL)
	return err
}

// newPassphrase prompts for a passphrase twice.
func (a *app) newPassphrase(ctx context.Context) (keystore.Password, error) {
	first, err := a.tty.Password(ctx, fmt.Sprintf("Passphrase for the file, at least %d characters",
		idconnect.MinPassphrase))
	if errors.Is(err, prompt.ErrNoTerminal) {
		return first, usagef("export needs a passphrase, and there is no terminal to prompt on: set %s or use "+
			"-passphrase-file or -recipient", handoverVariable)
	}
	if err != nil {
		return first, err
	}
	second, err := a.tty.Password(ctx, "Repeat the passphrase")
	if err == nil && !first.Equal(second) {
		err = usagef("the passphrases do not match")
	}
	return first, err
}

// importStores is run with the stores of a handover file. By default it
// performs only the step stores.
func (a *app) importStores(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("import")
	rest, err := parse(f, args, "FILE")
	if err != nil {
		return err
	}
	v.u.StoresFile = rest[0]
	if err := a.applyFlags(v, []string{idconnect.StepStores}); err != nil {
		return err
	}
	if err := a.complete(ctx, &v.u, v.u.Missing()); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	return a.carryOut(ctx, v)
}
