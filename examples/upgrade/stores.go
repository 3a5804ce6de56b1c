package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

func (a *app) inspect(ctx context.Context, args []string) error {
	f := a.flags("inspect", "STORE")
	asJSON := f.Bool("json", false, "print the result as JSON")
	keys := f.Bool("keys", false, "open every key and show its SHA-256 (key bytes are never shown)")
	passwordFile := f.String("password-file", "", "`file` with the store's password")
	keyFiles := fileList(f, "key-password-file",
		"`file` with the password of keys that have their own; repeatable")
	names, err := parse(f, args, "STORE")
	if err != nil {
		return err
	}
	store, err := a.openStore(ctx, names[0], *passwordFile, "-password-file", *keyFiles, "-key-password-file", *keys)
	if err != nil {
		return err
	}
	view, failed := storeview.Of(ctx, store, *keys, time.Now())
	if err := ctx.Err(); err != nil {
		return err
	}
	if *asJSON {
		err = a.json(view)
	} else {
		err = view.WriteText(a.out)
	}
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s: cannot open %s", names[0], text.Plural(failed, "key"))
	}
	return nil
}

// fileList is a repeatable flag.
func fileList(f *flag.FlagSet, name, usage string) *[]string {
	var files []string
	f.Func(name, usage, func(file string) error {
		files = append(files, file)
		return nil
	})
	return &files
}

// openStore opens a store. Its password comes from file,
// IDC_KEYSTORE_PASSWORD or a prompt; keyFiles hold passwords of single keys.
// Without a password a store can still be listed, but keys cannot be opened.
func (a *app) openStore(
	ctx context.Context, path, file, flagName string, keyFiles []string, keyFlagName string, keys bool,
) (*keystore.Store, error) {
	var opts []keystore.Option
	for _, f := range keyFiles {
		p, err := a.password(f, keyFlagName, "")
		if err != nil {
			return nil, err
		}
		opts = append(opts, keystore.WithKeyPassword(p))
	}
	password, err := a.password(file, flagName, "IDC_KEYSTORE_PASSWORD")
	if err != nil {
		return nil, err
	}
	if password.IsZero() {
		password, err = a.tty.Password(ctx, "Password for "+path)
		if errors.Is(err, prompt.ErrNoTerminal) {
			if keys {
				return nil, usagef("opening keys needs a password, and there is no terminal to prompt on: "+
					"set IDC_KEYSTORE_PASSWORD or use %s", flagName)
			}
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	return keystore.Open(path, password, opts...)
}
