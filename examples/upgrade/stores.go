package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

func (a *app) inspect(ctx context.Context, v *call) error {
	name, f := v.Arguments[0], &v.Stores
	store, err := a.openStore(ctx, name, f.Password, "-password-file", f.KeyPasswords, "-key-password-file", f.Keys)
	if err != nil {
		return err
	}
	view, failed := storeview.Of(ctx, store, f.Keys, time.Now())
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.JSON {
		err = a.json(view)
	} else {
		err = view.WriteText(a.out)
	}
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s: cannot open %s", name, text.Plural(failed, "key"))
	}
	return nil
}

// openStore opens a store. Its password comes from file,
// IDC_KEYSTORE_PASSWORD or a prompt; keyFiles hold passwords of single keys.
// Without a password a store can still be listed, but keys cannot be opened.
func (a *app) openStore(
	ctx context.Context, path, file, flagName string, keyFiles []string, keyFlagName string, keys bool,
) (*keystore.Store, error) {
	var opts []keystore.Option
	for _, f := range keyFiles {
		p, err := settings.Password(a.env, f, keyFlagName, "")
		if err != nil {
			return nil, err
		}
		opts = append(opts, keystore.WithKeyPassword(p))
	}
	password, err := settings.Password(a.env, file, flagName, "IDC_KEYSTORE_PASSWORD")
	if err != nil {
		return nil, err
	}
	if password.IsZero() {
		password, err = a.tty.Password(ctx, "Password for "+path)
		if errors.Is(err, prompt.ErrNoTerminal) {
			if keys {
				return nil, &command.Mistake{
					What: "opening keys needs a password, and there is no terminal to prompt on",
					Hint: "set IDC_KEYSTORE_PASSWORD, or add " + flagName + " FILE"}
			}
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	return keystore.Open(path, password, opts...)
}
