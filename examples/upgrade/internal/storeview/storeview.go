// Package storeview shows a key store to people and programs: its entries and what keytool -v -list says of their
// certificates. It holds fingerprints, never key bytes. Begin with [Of].
package storeview

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// View is a store.
type View struct {
	Type     keystore.Format `json:"type"`
	Version  int             `json:"version"`
	Verified bool            `json:"verified"`
	Warnings []string        `json:"warnings,omitempty"`
	Entries  []Entry         `json:"entries"`
}

// Entry is one of its entries.
type Entry struct {
	Alias        string        `json:"alias"`
	Kind         keystore.Kind `json:"kind"`
	Created      *int64        `json:"created"` // ms since 1970, null where the format has none
	CreatedAt    *time.Time    `json:"createdAt,omitempty"`
	Algorithm    string        `json:"algorithm,omitempty"`
	Fingerprint  string        `json:"fingerprint,omitempty"`
	Error        string        `json:"error,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"`
}

// Of looks at a store, with keys opened by the passwords that it was opened with. failed counts those that do not open.
func Of(ctx context.Context, s *keystore.Store, keys bool, now time.Time) (view View, failed int) {
	view = View{Type: s.Format(), Version: s.Version(), Verified: s.Verified(), Entries: []Entry{}}
	view.Warnings = append(view.Warnings, s.Warnings()...)
	opened := map[string]keystore.OpenedKey{}
	if keys {
		for _, k := range s.OpenKeys(ctx, keystore.Password{}) {
			opened[k.Entry.Alias] = k
		}
	}
	for e := range s.Entries() {
		v := Entry{Alias: e.Alias, Kind: e.Kind, Algorithm: e.Algorithm()}
		if !e.Created.IsZero() {
			ms, at := e.Created.UnixMilli(), e.Created.UTC()
			v.Created, v.CreatedAt = &ms, &at
		}
		for _, der := range e.RawCertificates() {
			v.Certificates = append(v.Certificates, CertificateOf(der, now))
		}
		if k, ok := opened[e.Alias]; ok && e.Kind != keystore.TrustedCertificate {
			if k.Err != nil {
				v.Error = k.Err.Error()
				failed++
			} else {
				v.Algorithm, v.Fingerprint = k.Algorithm, Fingerprint(k.Key)
			}
		}
		view.Entries = append(view.Entries, v)
	}
	return view, failed
}

// Fingerprint is the SHA-256 of a key.
func Fingerprint(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// WriteText writes a table of the entries, and what there is to know of each certificate.
func (v View) WriteText(w io.Writer) error {
	verified := "verified"
	switch {
	case !v.Verified && v.Type == keystore.PKCS12:
		verified = "not verified: the file has no integrity data"
	case !v.Verified:
		verified = "not verified: no password given"
	}
	fmt.Fprintf(w, "%s version %d, %s, %s\n", v.Type, v.Version, text.Plural(len(v.Entries), "entry"),
		verified)
	for _, warning := range v.Warnings {
		fmt.Fprintf(w, "warning: %s\n", text.Line(warning))
	}
	if len(v.Entries) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\nALIAS\tKIND\tALGORITHM\tCREATED\tSUBJECT OR KEY")
	for _, e := range v.Entries {
		created, what := "unknown", ""
		if e.CreatedAt != nil {
			created = e.CreatedAt.Format("2006-01-02 15:04:05")
		}
		switch {
		case e.Error != "":
			what = "error: " + e.Error
		case len(e.Certificates) > 0:
			what = e.Certificates[0].Subject
		}
		if e.Fingerprint != "" {
			what = strings.TrimLeft(what+" sha256:"+e.Fingerprint, " ")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", text.Line(e.Alias), e.Kind, text.Line(e.Algorithm), created,
			text.Line(what))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, e := range v.Entries {
		for i, c := range e.Certificates {
			title := text.Line(e.Alias)
			if len(e.Certificates) > 1 {
				title = fmt.Sprintf("%s, certificate %d of %d", title, i+1, len(e.Certificates))
			}
			if _, err := fmt.Fprintf(w, "\n%s\n", title); err != nil {
				return err
			}
			if err := c.WriteText(w); err != nil {
				return err
			}
		}
	}
	return nil
}
