package inspect

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// auditCheck looks for a password in the source's audit of requests. OpenIDM
// leaves the header out by its exact spelling, and whoever spells it otherwise
// has written the password there: an older tool, or the target when it reads
// from the source. The folder is only read, and nothing of an entry is shown.
type auditCheck struct {
	site    *site.Site
	journal *journal.Journal
}

const (
	maxAudit        = 64 << 20 // bytes at the end of a file
	maxAuditEntry   = 1 << 20
	maxAuditEntries = 5000 // by REST
	auditPage       = 500
	// auditMargin is for clocks that differ.
	auditMargin = time.Hour
)

func (c auditCheck) check(ctx context.Context, step string) preflight.Findings {
	has := c.entryHas()
	seen := func(where string, n int) preflight.Findings {
		return preflight.Findings{codes.SourceAuditPassword.Finding(step,
			"%s in %s with a password in clear", text.Plural(n, "entry"), where)}
	}
	if c.site.SourceDir != "" {
		dir, there := filepath.Join(c.site.SourceDir, "audit"), false
		files, _ := os.ReadDir(dir) // where it cannot be read, the server is asked
		for _, f := range files {
			if !strings.HasPrefix(f.Name(), "access") {
				continue
			}
			there = true
			if n := countLines(ctx, filepath.Join(dir, f.Name()), has); n > 0 {
				return seen(filepath.Join(dir, f.Name()), n)
			}
		}
		if there {
			return nil
		}
	}
	if c.journal.Configure == nil {
		return nil
	}
	if n := c.ask(ctx, has); n > 0 {
		return seen("audit/access of "+c.site.Source.URL, n)
	}
	return nil
}

// passwordHeader is the header in a spelling that the audit keeps, with a value,
// in JSON or within CSV.
var passwordHeader = regexp.MustCompile(`(?i)x-openidm-password[\\"]*\s*:\s*\[?\s*[\\"]+[^\\"]`)

// entryHas says of an entry whether it holds a password.
func (c auditCheck) entryHas() func([]byte) bool {
	user := c.site.Source.Credentials
	hide := redact.New(user.Username, user.Password)
	return func(entry []byte) bool {
		return passwordHeader.Match(entry) || hide.Text(string(entry)) != string(entry)
	}
}

// countLines counts the lines at the end of a file that have something. A file
// that cannot be read has none.
func countLines(ctx context.Context, path string, has func([]byte) bool) (n int) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // a pipe would never open
		return 0
	}
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	from := max(0, info.Size()-maxAudit)
	lines := bufio.NewScanner(io.NewSectionReader(f, from, maxAudit))
	lines.Buffer(nil, maxAuditEntry)
	for ctx.Err() == nil && lines.Scan() {
		if has(bytes.TrimSpace(lines.Bytes())) {
			n++
		}
	}
	return n
}

// ask counts them by REST, among those since configure was sent.
func (c auditCheck) ask(ctx context.Context, has func([]byte) bool) (n int) {
	client, err := c.site.SourceClient()
	if err != nil || client.Credentials.Password.IsZero() {
		return 0
	}
	since := c.journal.Configure.Began.Add(-auditMargin)
	query := openidm.Query{PageSize: auditPage,
		Filter: fmt.Sprintf("/timestamp ge %q", since.Format("2006-01-02T15:04:05.000Z"))}
	entries := 0
	for entry, err := range client.Query(ctx, "audit/access", query) {
		if err != nil {
			return n // it does not answer, or has no such audit
		}
		if has(entry) {
			n++
		}
		if entries++; entries == maxAuditEntries {
			break
		}
	}
	return n
}
