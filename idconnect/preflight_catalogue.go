package idconnect

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

// CatalogueEntry is one of the codes of findings, and what is known of it
// before anything was seen. A finding may say the remedy more exactly, and have
// a milder or graver severity where the entry's Checks say so.
type CatalogueEntry struct {
	Code     string
	Severity Severity
	// Checks says what is looked at, Means what a finding of this code says.
	Checks, Means string
	// Why it matters, and the Remedy; both are "" where all is well.
	Why, Remedy string
}

// Doc is the address of the entry's section in docs/findings.md.
func (e CatalogueEntry) Doc() string { return docsOfFindings + "#" + strings.ToLower(e.Code) }

const docsOfFindings = "https://github.com/idconnect-go/upgrade/blob/main/docs/findings.md"

// Catalogue returns every code that [Upgrade.Preflight] knows, in the order of
// its checks.
func Catalogue() []CatalogueEntry { return slices.Clone(catalogue) }

// WriteCatalogue writes the catalogue as the page docs/findings.md.
func WriteCatalogue(w io.Writer) error {
	var b strings.Builder
	b.WriteString(catalogueHead)
	for _, e := range catalogue {
		fmt.Fprintf(&b, "\n## %s\n\n%s: %s\n\n", e.Code, text.Capital(string(e.Severity)), e.Means)
		fmt.Fprintf(&b, "**What is checked.** %s\n", e.Checks)
		if e.Why != "" {
			fmt.Fprintf(&b, "\n**Why.** %s.\n", text.Capital(e.Why))
		}
		if e.Remedy != "" {
			fmt.Fprintf(&b, "\n**What to do.** %s.\n", text.Capital(e.Remedy))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const catalogueHead = `# Findings

Before anything is changed, ` + "`plan` and `run`" + ` look at everything that is known to
go wrong. All checks run side by side, each with a deadline of its own, and all
that they find is reported together. A finding **blocks** (the run would fail,
so nothing is changed), **warns** (it may go wrong; the run goes on) or
**informs**. Its code is stable.

This page is written from the catalogue in the package idconnect, by its test
(` + "`go test ./idconnect -run TestFindingsPage -update`" + `).
`

var catalogue = append(slices.Clone(catalogueOfServers), catalogueOfHost...)

func entryOf(code string) CatalogueEntry {
	for _, e := range catalogue {
		if e.Code == code {
			return e
		}
	}
	return CatalogueEntry{Code: code, Severity: Blocks}
}
