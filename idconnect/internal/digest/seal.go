package digest

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// Seal stands for an encrypted value: a digest of what it holds if it could be
// opened, else of the value as it is.
type Seal struct {
	Digest uint64
	State  SealState
	Closed *Closed // nil unless SealClosed
}

// SealState says what the digest of a [Seal] is of.
type SealState uint8

const (
	// SealClosed: of the value as it is, which says nothing of what it holds.
	SealClosed SealState = iota
	// SealOpened: of what it holds; or, where the key that it names does not open
	// it, of the value as it is: it is broken, and differs from whatever is not
	// broken alike.
	SealOpened
	// SealPlain: of the value, which needs no key: a hash, or what is no
	// encryption at all.
	SealPlain
)

// Closed says what kind of value cannot be opened.
type Closed struct {
	Member string // the top-level member that it is in
	Form   idmvalues.Form
	// Foreign: the store that is at hand has no such secret key.
	Foreign bool
}

// seal digests an encrypted value.
func (r *Reducer) seal(raw, canonical []byte) Seal {
	if r.keys != nil {
		d, err := idmvalues.Digest(r.keys, raw, r.key)
		switch {
		case err == nil:
			return Seal{Digest: binary.LittleEndian.Uint64(d), State: SealOpened}
		case errors.Is(err, idmvalues.ErrDecrypt):
			return Seal{Digest: r.digest(canonical), State: SealOpened}
		}
	}
	form := idmvalues.FormOf(raw)
	if !form.NeedsKey {
		return Seal{Digest: r.digest(canonical), State: SealPlain}
	}
	closed := &Closed{Form: form}
	if r.keys != nil {
		e, has := r.keys.Entry(form.Alias)
		closed.Foreign = !has || e.Kind != keystore.SecretKey
	}
	return Seal{r.digest(canonical), SealClosed, closed}
}

// CompareSeals compares the encrypted values of two records, or members,
// that are otherwise equal: whether one differs, and those that cannot be told.
func CompareSeals(a, b []Seal) (differ bool, unknown []Closed) {
	if len(a) != len(b) {
		return true, nil
	}
	for i := range a {
		switch {
		case a[i].Digest == b[i].Digest && a[i].State == b[i].State:
		case a[i].comparable(b[i]):
			differ = true
		case b[i].Closed != nil:
			unknown = append(unknown, *b[i].Closed)
		default:
			unknown = append(unknown, *a[i].Closed)
		}
	}
	return differ, unknown
}

// comparable reports whether two values that are not equal differ for certain.
// Values of two forms do, however they look inside: no server keeps one as the
// other. So does a value whose key is not at hand in the place of one that opens.
func (s Seal) comparable(o Seal) bool {
	both := []Seal{s, o}
	switch {
	case slices.ContainsFunc(both, func(s Seal) bool { return s.State == SealPlain }):
		return true
	case s.Closed != nil && o.Closed != nil:
		return s.Closed.Form.Type != o.Closed.Form.Type || s.Closed.Form.Cipher != o.Closed.Form.Cipher
	}
	for _, one := range both {
		if c := one.Closed; c != nil {
			return c.Foreign || !c.Form.Known()
		}
	}
	return true
}
