// Package fieldflags translates what the SDK calls a field into what the command
// calls a flag. The SDK names fields and methods in full, "Upgrade.Source.Address",
// so that they can be told from other words. Begin with [Text].
package fieldflags

import (
	"regexp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/redact"
)

// Table has a flag or a command for each field, method and function that a text of the SDK may name.
var Table = map[string]string{
	"Upgrade.Again":                       "-again",
	"Upgrade.Acceptance.ActiveDirectory":  "-active-directory",
	"Upgrade.Acceptance.Groups":           "-groups",
	"Upgrade.Acceptance.Off":              "-checks-off",
	"Upgrade.Acceptance.Organizations":    "-organizations",
	"Upgrade.Acceptance.PermissionSets":   "-permission-sets",
	"Upgrade.Acceptance.Salesforce":       "-salesforce",
	"Upgrade.Checks.AuthorizeURL":         "-authorize-url",
	"Upgrade.Checks.CallbackURLs":         "-callback-urls",
	"Upgrade.Checks.ConsumerKey":          "-consumer-key",
	"Upgrade.Checks.DatabasePort":         "-database-port",
	"Upgrade.Checks.InstanceAddress":      "-instance-address",
	"Upgrade.Checks.ProfileMapping":       "-profile-mapping",
	"Upgrade.Checks.ProfileProperty":      "-profile-property",
	"Upgrade.Checks.Timeout":              "-check-timeout",
	"Upgrade.InstanceURL":                 "-instance-url",
	"Upgrade.JavaHome":                    "-java-home",
	"Upgrade.KeystorePassword":            "-keystore-password-file",
	"Upgrade.MaxDown":                     "-max-down",
	"Upgrade.Package":                     "-package",
	"Upgrade.RemoveAdded":                 "-remove-added",
	"Upgrade.RepairList":                  "-ids",
	"Upgrade.ReportDir":                   "-report",
	"Upgrade.SettleTime":                  "-settle",
	"Upgrade.Source.Address":              "-source-address",
	"Upgrade.Source.Credentials.Password": "-source-password-file",
	"Upgrade.Source.Credentials.Username": "-source-user",
	"Upgrade.Source.LegacyTLS":            "-source-legacy-tls",
	"Upgrade.Source.Truststore":           "-truststore",
	"Upgrade.Source.TruststorePassword":   "-truststore-password-file",
	"Upgrade.Source.URL":                  "-source-url",
	"Upgrade.SourceDir":                   "-source-dir",
	"Upgrade.Steps":                       "-steps",
	"Upgrade.StoresFile":                  "-stores-file",
	"Upgrade.StoresKey":                   "-passphrase-file",
	"Upgrade.Target.Address":              "-target-address",
	"Upgrade.Target.Credentials.Password": "-target-password-file",
	"Upgrade.Target.Credentials.Username": "-target-user",
	"Upgrade.Target.TLSName":              "-target-name",
	"Upgrade.Target.Truststore":           "-target-truststore",
	"Upgrade.Target.TruststorePassword":   "-target-truststore-password-file",
	"Upgrade.Target.URL":                  "-target-url",
	"Upgrade.TargetDir":                   "-target-dir",
	"Upgrade.TruststoreConflict":          "-truststore-conflict",
	"Upgrade.Verify.Accept":               "-accept",
	"Upgrade.Verify.Collections":          "-types",
	"Upgrade.Verify.MaxDifferences":       "-max-differences",
	"Upgrade.Verify.Rate":                 "-rate",
	"Upgrade.Verify.Values":               "-values",

	"Upgrade.Export":   "export",
	"Upgrade.Repair":   "repair -ids FILE",
	"Upgrade.Rollback": "rollback",
	"Upgrade.Run":      "run",
	"Upgrade.Status":   "status",
	"Upgrade.Watch":    "status -watch",

	"idconnect.Verify":              "verify",
	"keystore.Store.Entries":        "inspect STORE",
	"jvmtrust.Trust.Verify":         "trust",
	"keystore.Store.PutCertificate": "trust -add",
	"migration.Source.InstanceURL":  "-instance-url",
	"openidm.Client.Compat":         "-source-legacy-tls (trust: -legacy-tls)",
	"verify.Report.SaveRepairList":  "verify -ids FILE",
}

// name is a field, a method or a function as the SDK writes it.
var name = regexp.MustCompile(`\b(?:Upgrade|[a-z]+)(?:\.[A-Z][A-Za-z0-9]*)+`)

// Text translates a text.
func Text(s string) string {
	return name.ReplaceAllStringFunc(s, func(field string) string {
		if flag, ok := Table[field]; ok {
			return flag
		}
		return field
	})
}

// Value returns a deep copy of a plan, a report or an event whose texts for people are translated.
func Value[T any](v T) T { return redact.Prose(v, Text) }

// Events translates each event on its way to show.
func Events(show func(idconnect.Event)) func(idconnect.Event) {
	return func(e idconnect.Event) { show(Value(e)) }
}
