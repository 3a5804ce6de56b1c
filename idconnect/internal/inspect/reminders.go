package inspect

import (
	"context"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// remindersCheck says what a person has to see to before the migration.
type remindersCheck struct {
	site     *site.Site
	migrated bool
}

func (c remindersCheck) check(context.Context, string) preflight.Findings {
	if c.migrated {
		return nil
	}
	source := "the source"
	if c.site.SourceDir != "" {
		source = c.site.SourceDir
	}
	return preflight.Findings{
		codes.ManagedPackage.Finding(site.StepPrepare,
			"not checked: that the newest Identity Connect package is installed in every org"),
		codes.KeepSource.Finding(site.StepPrepare, "2.1 cannot be downloaded again: keep %s", source),
		codes.Backups.Finding(site.StepPrepare,
			"not checked: a backup of %s with its database, and one of the target's database before migrate", source),
	}
}
