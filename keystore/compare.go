package keystore

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
)

// Differences are those of two stores, by alias, each list sorted.
type Differences struct {
	Same    []string `json:"same"`
	OnlyA   []string `json:"onlyA"`
	OnlyB   []string `json:"onlyB"`
	Changed []string `json:"changed"`
}

// Empty reports whether the stores hold the same keys and certificates.
func (d Differences) Empty() bool { return len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) == 0 }

// String returns a line for each alias, and a last one with the counts.
func (d Differences) String() string {
	var b strings.Builder
	for _, l := range []struct {
		what    string
		aliases []string
	}{{"same", d.Same}, {"changed", d.Changed}, {"only in A", d.OnlyA}, {"only in B", d.OnlyB}} {
		for _, a := range l.aliases {
			fmt.Fprintf(&b, "%-10s %s\n", l.what, a)
		}
	}
	fmt.Fprintf(&b, "%d the same, %d changed, %d only in A, %d only in B", len(d.Same), len(d.Changed),
		len(d.OnlyA), len(d.OnlyB))
	return b.String()
}

// Compare compares two stores by alias and content: the bytes of certificates and
// of keys, which it opens with each store's passwords. Dates, order, salts and
// passwords do not count. A key that does not open is an error, and so is a
// PKCS#12 truststore, whose aliases are not known ([ErrPKCS12Unsupported]). When
// the context ends, no further work is done and its error is returned.
func Compare(ctx context.Context, a, b *Store) (Differences, error) {
	if err := cmp.Or(a.named(), b.named()); err != nil {
		return noDifferences(), err
	}
	return compareEntries(ctx, a, b, func(Entry) bool { return true })
}

// noDifferences has lists that are empty in JSON, not null.
func noDifferences() Differences {
	return Differences{Same: []string{}, OnlyA: []string{}, OnlyB: []string{}, Changed: []string{}}
}

// compareEntries compares the entries that are wanted. One that cannot be compared counts as changed; the error is that
// of the first.
func compareEntries(ctx context.Context, a, b *Store, wanted func(Entry) bool) (Differences, error) {
	d := noDifferences()
	var both [][2]Entry
	for x := range a.Entries() {
		y, ok := b.Entry(x.Alias)
		switch {
		case !wanted(x):
		case ok:
			both = append(both, [2]Entry{x, y})
		default:
			d.OnlyA = append(d.OnlyA, x.Alias)
		}
	}
	same, errs := make([]bool, len(both)), make([]error, len(both))
	side(len(both), func(i int) {
		if errs[i] = ctx.Err(); errs[i] == nil {
			same[i], errs[i] = sameEntry(ctx, a, both[i][0], b, both[i][1])
		}
	})
	for i, pair := range both {
		if same[i] && errs[i] == nil {
			d.Same = append(d.Same, pair[0].Alias)
		} else {
			d.Changed = append(d.Changed, pair[0].Alias)
		}
	}
	for y := range b.Entries() {
		if _, ok := a.Entry(y.Alias); !ok && wanted(y) {
			d.OnlyB = append(d.OnlyB, y.Alias)
		}
	}
	for _, l := range [][]string{d.Same, d.OnlyA, d.OnlyB, d.Changed} {
		slices.Sort(l)
	}
	return d, cmp.Or(errs...)
}

// named returns an error for a store without known aliases.
func (s *Store) named() error {
	if s == nil {
		return errNoStore
	}
	for _, e := range s.entries {
		if e.p12 != nil && e.kind == TrustedCertificate {
			return fmt.Errorf("%w: a truststore's aliases are not shown", ErrPKCS12Unsupported)
		}
	}
	return nil
}

func sameEntry(ctx context.Context, a *Store, x Entry, b *Store, y Entry) (bool, error) {
	if x.Kind != y.Kind || !slices.EqualFunc(x.RawCertificates(), y.RawCertificates(), bytes.Equal) {
		return false, nil
	}
	if x.e.p12 == nil && y.e.p12 == nil && bytes.Equal(x.e.fields().body, y.e.fields().body) {
		return true, nil // the same ciphertext
	}
	if x.Kind == TrustedCertificate {
		return true, nil
	}
	kx := openKey(ctx, x, a.passwordsOf(x))
	if kx.Err != nil {
		return false, kx.Err
	}
	ky := openKey(ctx, y, b.passwordsOf(y))
	return kx.Algorithm == ky.Algorithm && subtle.ConstantTimeCompare(kx.Key, ky.Key) == 1, ky.Err
}

// Policy decides what [Merge] does with an alias that both stores have, with
// different certificates.
type Policy string

// The policies.
const (
	Keep    Policy = "keep"    // the destination's stays
	Replace Policy = "replace" // the source's is taken
	Error   Policy = "error"   // nothing is merged, [*ConflictError]
)

// ConflictError means that two stores have different entries under the same
// alias, or that the destination has keys that would be lost. It matches
// [ErrConflict].
type ConflictError struct {
	Aliases []string
	// Keys of a [Copy], by alias: A is the source, B the destination. Changed
	// are other keys under the same alias, OnlyB those that only the
	// destination has, and all of it is OnlyB where no password was given.
	Keys Differences
}

func (e *ConflictError) Error() string {
	named := make([]string, len(e.Aliases))
	for i, alias := range e.Aliases {
		switch {
		case slices.Contains(e.Keys.Changed, alias):
			alias += " (another key)"
		case slices.Contains(e.Keys.OnlyB, alias):
			alias += " (only there)"
		}
		named[i] = alias
	}
	return fmt.Sprintf("%v: %s", ErrConflict, strings.Join(named, ", "))
}

// Is matches [ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// Merged lists the aliases that [Merge] took or left, in the order of the source.
type Merged struct {
	Added    []string // new in the destination
	Replaced []string // the source's certificate is there now
	Kept     []string // the destination keeps another certificate, or a key
	// Conflicts are why nothing was merged: the policy forbids to replace them, or the destination has a key there.
	Conflicts []string
}

// Merge puts the trusted certificates of src into dst. It never moves keys, and never replaces one: an alias that is
// a key in dst is a conflict, except under [Keep]. A certificate that both have under one alias is in none of the
// lists. With conflicts, dst stays as it was and the error is a [*ConflictError]. A PKCS#12 source is
// [ErrPKCS12Unsupported], since its aliases are not known.
func Merge(dst, src *Store, policy Policy) (Merged, error) {
	var m Merged
	if dst == nil {
		return m, errNoStore
	}
	if err := src.named(); err != nil {
		return m, err
	}
	var take []Entry
	for e := range src.Entries() {
		if e.Kind != TrustedCertificate {
			continue
		}
		old, exists := dst.Entry(e.Alias)
		isCertificate := old.Kind == TrustedCertificate
		switch {
		case !exists:
			m.Added = append(m.Added, e.Alias)
		case isCertificate && slices.EqualFunc(old.RawCertificates(), e.RawCertificates(), bytes.Equal):
			continue
		case policy == Keep:
			m.Kept = append(m.Kept, e.Alias)
			continue
		case policy == Replace && isCertificate:
			m.Replaced = append(m.Replaced, e.Alias)
		default:
			m.Conflicts = append(m.Conflicts, e.Alias)
			continue
		}
		take = append(take, e)
	}
	if len(m.Conflicts) > 0 {
		return Merged{Conflicts: m.Conflicts}, &ConflictError{Aliases: m.Conflicts}
	}
	for _, e := range take {
		o := PutOptions{Created: e.Created}
		if err := dst.put(e.Alias, TrustedCertificate, nil, e.RawCertificates(), o); err != nil {
			return m, err
		}
	}
	return m, nil
}
