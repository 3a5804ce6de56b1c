package main

import (
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
	if f.PasswordB == "" {
		f.PasswordB = f.Password
	}
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
		for _, s := range []struct {
			name  string
			store *keystore.Store
			put   func(*keyPair, string)
		}{
			{names[0], storeA, func(p *keyPair, sum string) { p.A = sum }},
			{names[1], storeB, func(p *keyPair, sum string) { p.B = sum }},
		} {
			for _, k := range s.store.OpenKeys(ctx, keystore.Password{}) {
				if k.Err != nil {
					err = errors.Join(err, fmt.Errorf("%s: %w", s.name, k.Err))
					continue
				}
				p := c.Keys[k.Entry.Alias]
				if p == nil {
					p = &keyPair{}
					c.Keys[k.Entry.Alias] = p
				}
				s.put(p, storeview.Fingerprint(k.Key))
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
				for _, side := range []struct{ name, sum string }{{"A", p.A}, {"B", p.B}} {
					if side.sum != "" {
						fmt.Fprintf(&b, "           in %s sha256:%s\n", side.name, side.sum)
					}
				}
			}
		}
	}
	fmt.Fprintf(&b, "%d the same, %d changed, %d only in A, %d only in B",
		len(c.Same), len(c.Changed), len(c.OnlyA), len(c.OnlyB))
	return b.String()
}
