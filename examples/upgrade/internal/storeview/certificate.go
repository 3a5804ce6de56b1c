package storeview

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// Certificate is a certificate. One that Java does not read has an error, its subject and its SHA-256 alone.
type Certificate struct {
	SHA256  string `json:"sha256"`
	Subject string `json:"subject"`
	*More
	Error string `json:"error,omitempty"`
}

// More is what a certificate says beyond its subject.
type More struct {
	jvmtrust.Description
	DaysLeft int `json:"daysLeft"`

	now time.Time
}

// CertificateOf looks at a certificate in DER.
func CertificateOf(der []byte, now time.Time) Certificate {
	c := Certificate{SHA256: keystore.CertificateFingerprint(der), Subject: keystore.CertificateSubject(der)}
	d, err := jvmtrust.Describe(der)
	if err != nil {
		c.Error = err.Error()
		return c
	}
	c.SHA256, c.Subject = d.SHA256, d.Subject
	c.More = &More{Description: d, DaysLeft: d.DaysLeft(now), now: now}
	return c
}

// WriteText writes a certificate as a list.
func (c Certificate) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(name, value string) { fmt.Fprintf(t, "  %s:\t%s\n", name, text.Line(value)) }
	line("subject", c.Subject)
	if c.More == nil {
		line("error", c.Error)
	} else {
		line("issuer", c.Issuer)
		if len(c.Names) > 0 {
			line("names", strings.Join(c.Names, ", "))
		}
		line("serial number", c.Serial)
		line("valid", c.validity())
		line("key", c.key())
		line("signature", c.Signature)
		line("SHA-1", jvmtrust.Colons(c.SHA1))
	}
	line("SHA-256", jvmtrust.Colons(c.SHA256))
	return t.Flush()
}

func (m *More) validity() string {
	dates := fmt.Sprintf("%s to %s", m.NotBefore.Format(time.RFC3339), m.NotAfter.Format(time.RFC3339))
	switch {
	case m.now.Before(m.NotBefore):
		return dates + ", not yet valid"
	case m.DaysLeft < 0:
		return fmt.Sprintf("%s, expired %s ago", dates, text.Plural(-m.DaysLeft-1, "day"))
	}
	return fmt.Sprintf("%s, %s left", dates, text.Plural(m.DaysLeft, "day"))
}

func (m *More) key() string {
	key := m.Key
	if m.Bits > 0 {
		key += fmt.Sprintf(", %d bits", m.Bits)
	}
	if m.Curve != "" {
		key += ", " + m.Curve
	}
	return key
}
