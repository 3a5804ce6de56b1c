package main

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// export writes the source's stores to one encrypted file.
func (a *app) export(ctx context.Context, v *call) error {
	missing := v.lacks("source-dir", "FOLDER", v.Upgrade.SourceDir)
	v.Upgrade.StoresFile = "" // it is written, not read
	file, noFile := v.handoverFile(func(h *siteconfig.Handover) string { return h.Source })
	key, wrong := v.HandoverKey(a.env)
	if given := key.Passphrase; wrong == nil && !given.IsZero() && short(given) {
		wrong = usagef("the passphrase needs at least %d characters", idconnect.MinPassphrase)
	}
	if err := a.apply(v, nil, missing, wrong, noFile); err != nil {
		return err
	}
	if key.Passphrase.IsZero() && len(key.Recipients) == 0 {
		var err error
		if key.Passphrase, err = a.newPassphrase(ctx); err != nil {
			return err
		}
	}
	if err := v.Upgrade.Export(ctx, file, key); err != nil {
		return err
	}
	if v.file != nil && v.file.Handover != nil {
		_, err := fmt.Fprintf(a.out, "%s holds both stores of %s, encrypted.\n"+
			"Copy it to the target's machine, as %s, and continue there with the same description of the site:\n\n"+
			"  %s run\n", file, v.Upgrade.SourceDir, v.file.Handover.Target, a.name())
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s holds both stores of %s, encrypted.\n"+
		"Copy it to the target's machine and continue there:\n\n"+
		"  %s import %s -target-dir … -source-url %s …\n", file, v.Upgrade.SourceDir, a.name(), file,
		v.Upgrade.Source.URL)
	return err
}

func short(p keystore.Password) bool {
	return utf8.RuneCountInString(p.Reveal()) < idconnect.MinPassphrase
}

// newPassphrase prompts for a passphrase twice.
func (a *app) newPassphrase(ctx context.Context) (keystore.Password, error) {
	first, err := a.tty.Password(ctx, fmt.Sprintf("Passphrase for the file, at least %d characters",
		idconnect.MinPassphrase))
	if errors.Is(err, prompt.ErrNoTerminal) {
		return first, &command.Mistake{What: "export needs a passphrase, and there is no terminal to prompt on",
			Hint: "set " + settings.HandoverVariable + ", or add -passphrase-file FILE or -recipient age1…"}
	}
	if err != nil {
		return first, err
	}
	if short(first) {
		return first, usagef("the passphrase needs at least %d characters", idconnect.MinPassphrase)
	}
	second, err := a.tty.Password(ctx, "Repeat the passphrase")
	if err == nil && !first.Equal(second) {
		err = usagef("the passphrases do not match")
	}
	return first, err
}

// importStores is run with the stores of a handover file. By default it
// performs only the step stores.
func (a *app) importStores(ctx context.Context, v *call) error {
	var noFile error
	v.Upgrade.StoresFile, noFile = v.handoverFile(func(h *siteconfig.Handover) string { return h.Target })
	if err := a.prepare(ctx, v, []string{idconnect.StepStores}, noFile); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	return a.carryOut(ctx, v)
}
