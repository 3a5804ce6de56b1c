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

func (a *app) compare(ctx context.Context, args []string) error {
	f := a.flags("compare", "A B")
	asJSON := f.Bool("json", false, "print the result as JSON")
	keys := f.Bool("keys", false, "show the SHA-256 of every key in both stores (key bytes are never shown)")
	fileA := f.String("password-file", "", "`file` with the password of A, and of B unless -password-file-b is given")
	fileB := f.String("password-file-b", "", "`file` with the password of B")
	keysA := fileList(f, "key-password-file",
		"`file` with the password of keys in A that have their own, "+
			"and in B unless -key-password-file-b is given; repeatable")
	keysB := fileList(f, "key-password-file-b",
		"`file` with the password of keys in B that have their own; repeatable")
	names, err := parse(f, args, "A", "B")
	if err != nil {
		return err
	}
	if *fileB == "" {
		*fileB = *fileA
	}
	if len(*keysB) == 0 {
		*keysB = *keysA
	}
	storeA, err := a.openStore(ctx, names[0], *fileA, "-password-file", *keysA, "-key-password-file", true)
	if err != nil {
		return err
	}
	storeB, err := a.openStore(ctx, names[1], *fileB, "-password-file-b", *keysB, "-key-password-file-b", true)
	if err != nil {
		return err
	}
	var c comparison
	if c.Differences, err = keystore.Compare(ctx, storeA, storeB); err != nil {
		return fmt.Errorf("%s and %s: %w", names[0], names[1], err)
	}
	if *keys {
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
	if *asJSON {
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
