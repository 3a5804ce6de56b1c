package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// handoverFlags say what encrypts or opens a file of export.
type handoverFlags struct {
	passphrase, identity string
	recipients           []string
}

const handoverVariable = "IDC_HANDOVER_PASSWORD"

func (h *handoverFlags) add(f *flag.FlagSet, export bool) {
	f.StringVar(&h.passphrase, "passphrase-file", "", "`file` with the passphrase of the handover (or "+
		handoverVariable+", or a terminal)")
	if !export {
		f.StringVar(&h.identity, "identity-file", "",
			"`file` of age identities that opens the handover, in the place of a passphrase")
		return
	}
	f.Func("recipient", "`age1…` public key to encrypt to, instead of a passphrase; repeatable",
		func(s string) error {
			h.recipients = append(h.recipients, s)
			return nil
		})
}

// key reads what was given; nothing is asked for.
func (a *app) handoverKey(h *handoverFlags) (k idconnect.HandoverKey, err error) {
	k.Recipients = h.recipients
	if h.identity != "" {
		info, err := os.Stat(h.identity)
		if err != nil {
			return k, usagef("-identity-file: %v", err)
		}
		if !info.Mode().IsRegular() || info.Size() > 64<<10 {
			return k, usagef("-identity-file %s: no file of at most 64 KB", h.identity)
		}
		text, err := os.ReadFile(h.identity)
		if err != nil {
			return k, usagef("-identity-file: %v", err)
		}
		k.Identities = keystore.NewPassword(string(text))
	}
	if len(k.Recipients) == 0 {
		k.Passphrase, err = a.password(h.passphrase, "-passphrase-file", handoverVariable)
	}
	return k, err
}

// export writes the source's stores into one encrypted file.
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
	if err := a.settle(v, nil); err != nil {
		return err
	}
	key, err := a.handoverKey(&h)
	if err != nil {
		return err
	}
	if key.Passphrase.IsZero() && len(key.Recipients) == 0 {
		if key.Passphrase, err = a.newPassphrase(); err != nil {
			return err
		}
	}
	if err := v.u.Export(ctx, rest[0], key); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s holds both stores of %s, encrypted.\n"+
		"Carry it to the machine of the target, and go on there:\n\n"+
		"  upgrade import %s -target-dir … -source-url %s …\n", rest[0], v.u.SourceDir, rest[0], v.u.Source.URL)
	return err
}

// newPassphrase asks twice.
func (a *app) newPassphrase() (keystore.Password, error) {
	first, err := a.tty.password(fmt.Sprintf("Passphrase for the file, at least %d characters",
		idconnect.MinPassphrase))
	if errors.Is(err, errNoTerminal) {
		return first, usagef("export needs a passphrase and there is no terminal to ask for it: set %s or give "+
			"-passphrase-file or -recipient", handoverVariable)
	}
	if err != nil {
		return first, err
	}
	second, err := a.tty.password("Once more")
	if err == nil && first.Reveal() != second.Reveal() {
		err = usagef("the two passphrases differ")
	}
	return first, err
}

// importStores is run with the stores of an exported file, and by default with
// the step that copies them alone.
func (a *app) importStores(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("import")
	rest, err := parse(f, args, "FILE")
	if err != nil {
		return err
	}
	v.u.StoresFile = rest[0]
	if err := a.settle(v, []string{idconnect.StepStores}); err != nil {
		return err
	}
	if err := a.complete(&v.u, v.u.Missing()); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	return a.carryOut(ctx, v)
}
