package siteconfig

import (
	"strconv"
	"strings"
)

// Setting is a key of the file as a flag of the command.
type Setting struct {
	Flag, Place, Value string
	// Secret marks a file that holds a secret.
	Secret bool
}

// Settings returns what the file says as flags of the command, in the order of the
// file's keys. Secrets that are no files are not among them, nor the keys without a
// flag: source.tlsName, steps of a handover.
func (c *Config) Settings() []Setting {
	v, k := c.Verify, c.Checks
	if v == nil {
		v = &Verify{}
	}
	if k == nil {
		k = &Checks{}
	}
	all := []Setting{
		{Flag: "source-dir", Place: "source.dir", Value: c.Source.Dir},
		{Flag: "source-url", Place: "source.url", Value: c.Source.URL},
		{Flag: "source-user", Place: "source.user", Value: c.Source.User},
		{Flag: "truststore", Place: "source.truststore", Value: c.Source.Truststore},
		{Flag: "source-address", Place: "source.address", Value: c.Source.Address},
		{Flag: "source-legacy-tls", Place: "source.legacyTLS", Value: yes(c.Source.LegacyTLS)},
		{Flag: "target-dir", Place: "target.dir", Value: c.Target.Dir},
		{Flag: "target-url", Place: "target.url", Value: c.Target.URL},
		{Flag: "target-user", Place: "target.user", Value: c.Target.User},
		{Flag: "target-truststore", Place: "target.truststore", Value: c.Target.Truststore},
		{Flag: "target-name", Place: "target.tlsName", Value: c.Target.TLSName},
		{Flag: "target-address", Place: "target.address", Value: c.Target.Address},
		{Flag: "package", Place: "package", Value: c.Package},
		{Flag: "instance-url", Place: "instanceURL", Value: c.InstanceURL},
		{Flag: "instance-address", Place: "instanceAddress", Value: c.InstanceAddress},
		{Flag: "truststore-conflict", Place: "truststoreConflict", Value: c.TruststoreConflict},
		{Flag: "java-home", Place: "javaHome", Value: c.JavaHome},
		{Flag: "steps", Place: "steps", Value: list(c.Steps)},
		{Flag: "accept", Place: "accept", Value: list(c.Accept)},
		{Flag: "types", Place: "verify.types", Value: list(v.Types)},
		{Flag: "ignore", Place: "verify.ignore", Value: list(v.Ignore)},
		{Flag: "values", Place: "verify.values", Value: yes(v.Values)},
		{Flag: "max-differences", Place: "verify.maxDifferences", Value: number(v.MaxDifferences)},
		{Flag: "rate", Place: "verify.rate", Value: number(v.Rate)},
		{Flag: "ids", Place: "verify.ids", Value: v.IDs},
		{Flag: "checks-off", Place: "verify.checksOff", Value: list(v.ChecksOff)},
		{Flag: "permission-sets", Place: "verify.permissionSets", Value: list(v.PermissionSets)},
		{Flag: "groups", Place: "verify.groups", Value: list(v.Groups)},
		{Flag: "organizations", Place: "verify.organizations", Value: list(v.Organizations)},
		{Flag: "salesforce", Place: "verify.salesforce", Value: v.Salesforce},
		{Flag: "active-directory", Place: "verify.activeDirectory", Value: v.ActiveDirectory},
		{Flag: "check-timeout", Place: "checks.timeout", Value: k.Timeout},
		{Flag: "database-port", Place: "checks.databasePort", Value: number(k.DatabasePort)},
		{Flag: "profile-mapping", Place: "checks.profileMapping", Value: k.ProfileMapping},
		{Flag: "profile-property", Place: "checks.profileProperty", Value: k.ProfileProperty},
		{Flag: "consumer-key", Place: "checks.consumerKey", Value: k.ConsumerKey},
		{Flag: "authorize-url", Place: "checks.authorizeURL", Value: k.AuthorizeURL},
		{Flag: "callback-urls", Place: "checks.callbackURLs", Value: list(k.CallbackURLs)},
		{Flag: "settle", Place: "settle", Value: c.Settle},
		{Flag: "max-down", Place: "maxDown", Value: c.MaxDown},
		{Flag: "report", Place: "report", Value: c.Report},
	}
	for _, s := range c.Secrets() {
		file := ""
		if s.From != nil {
			file = s.From.File
		}
		all = append(all, Setting{Flag: secretFlags[s.Place], Place: s.Place, Value: file, Secret: true})
	}
	return all
}

// secretFlags name a file with the secret of a place.
var secretFlags = map[string]string{
	SourcePassword: "source-password-file", TargetPassword: "target-password-file",
	SourceTruststorePassword: "truststore-password-file", TargetTruststorePassword: "target-truststore-password-file",
	KeystorePassword: "keystore-password-file", HandoverPassphrase: "passphrase-file",
}

// SecretFlag is the flag that names a file with the secret of a place.
func SecretFlag(place string) string { return secretFlags[place] }

func list(words []string) string { return strings.Join(words, ",") }

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
