package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// comparison is the output of compare. It holds fingerprints, never key bytes.
type comparison struct {
	keystore.Differences
	Keys map[string]*keyPair `json:"keys,omitempty"`
}

// keyPair is the SHA-256 of the key under one alias in each store, "" where
// there is none.
type keyPair struct {
	A string `json:"a,omitempty"`
	B string `json:"b,omitempty"`
}

func (a *app) compare(ctx context.Context, v *call) error {
	names, f := v.Arguments, v.Stores
	f.PasswordB = cmp.Or(f.PasswordB, f.Password)
	if len(f.KeyPasswordsB) == 0 {
		f.KeyPasswordsB = f.KeyPasswords
	}
	storeA, err := a.openStore(ctx, names[0], f.Password, "-password-file", f.KeyPasswords, "-key-password-file", true)
	if err != nil {
		return err
	}
	storeB, err := a.openStore(ctx, names[1], f.PasswordB, "-password-file-b", f.KeyPasswordsB,
		"-key-password-file-b", true)
	if err != nil {
		return err
	}
	var c comparison
	if c.Differences, err = keystore.Compare(ctx, storeA, storeB); err != nil {
		return fmt.Errorf("%s and %s: %w", names[0], names[1], err)
	}
	if f.Keys {
		c.Keys = map[string]*keyPair{}
		for i, store := range []*keystore.Store{storeA, storeB} {
			for _, k := range store.OpenKeys(ctx, keystore.Password{}) {
				p := c.Keys[k.Entry.Alias]
				if p == nil {
					p = &keyPair{}
					c.Keys[k.Entry.Alias] = p
				}
				switch {
				case k.Err != nil:
					err = errors.Join(err, fmt.Errorf("%s: %w", names[i], k.Err))
				case i == 0:
					p.A = storeview.Fingerprint(k.Key)
				default:
					p.B = storeview.Fingerprint(k.Key)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	if v.JSON {
		err = a.json(c)
	} else {
		_, err = fmt.Fprintln(a.out, c.String())
	}
	if err == nil && !c.Empty() {
		return exitCode(exitFailed)
	}
	return err
}

// String lists the aliases, with the SHA-256 of opened keys, and ends with the
// counts.
func (c comparison) String() string {
	var b strings.Builder
	for _, l := range []struct {
		what    string
		aliases []string
	}{{"same", c.Same}, {"changed", c.Changed}, {"only in A", c.OnlyA}, {"only in B", c.OnlyB}} {
		for _, alias := range l.aliases {
			fmt.Fprintf(&b, "%-10s %s\n", l.what, text.Line(alias))
			p := c.Keys[alias]
			switch {
			case p == nil:
			case p.A == p.B:
				fmt.Fprintf(&b, "           sha256:%s\n", p.A)
			default:
				for i, sum := range []string{p.A, p.B} {
					if sum != "" {
						fmt.Fprintf(&b, "           in %c sha256:%s\n", 'A'+i, sum)
					}
				}
			}
		}
	}
	fmt.Fprintf(&b, "%d the same, %d changed, %d only in A, %d only in B",
		len(c.Same), len(c.Changed), len(c.OnlyA), len(c.OnlyB))
	return b.String()
}
