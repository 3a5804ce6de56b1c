package siteconfig

import (
	"fmt"
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
	var all []Setting
	for _, one := range []struct {
		flag, place string
		value       any
	}{
		{"source-dir", "source.dir", c.Source.Dir},
		{"source-url", "source.url", c.Source.URL},
		{"source-user", "source.user", c.Source.User},
		{"truststore", "source.truststore", c.Source.Truststore},
		{"source-address", "source.address", c.Source.Address},
		{"source-legacy-tls", "source.legacyTLS", c.Source.LegacyTLS},
		{"target-dir", "target.dir", c.Target.Dir},
		{"target-url", "target.url", c.Target.URL},
		{"target-user", "target.user", c.Target.User},
		{"target-truststore", "target.truststore", c.Target.Truststore},
		{"target-name", "target.tlsName", c.Target.TLSName},
		{"target-address", "target.address", c.Target.Address},
		{"package", "package", c.Package},
		{"instance-url", "instanceURL", c.InstanceURL},
		{"instance-address", "instanceAddress", c.InstanceAddress},
		{"truststore-conflict", "truststoreConflict", c.TruststoreConflict},
		{"java-home", "javaHome", c.JavaHome},
		{"steps", "steps", c.Steps},
		{"accept", "accept", c.Accept},
		{"types", "verify.types", v.Types},
		{"ignore", "verify.ignore", v.Ignore},
		{"values", "verify.values", v.Values},
		{"max-differences", "verify.maxDifferences", v.MaxDifferences},
		{"rate", "verify.rate", v.Rate},
		{"ids", "verify.ids", v.IDs},
		{"checks-off", "verify.checksOff", v.ChecksOff},
		{"permission-sets", "verify.permissionSets", v.PermissionSets},
		{"groups", "verify.groups", v.Groups},
		{"organizations", "verify.organizations", v.Organizations},
		{"salesforce", "verify.salesforce", v.Salesforce},
		{"active-directory", "verify.activeDirectory", v.ActiveDirectory},
		{"check-timeout", "checks.timeout", k.Timeout},
		{"database-port", "checks.databasePort", k.DatabasePort},
		{"profile-mapping", "checks.profileMapping", k.ProfileMapping},
		{"profile-property", "checks.profileProperty", k.ProfileProperty},
		{"consumer-key", "checks.consumerKey", k.ConsumerKey},
		{"authorize-url", "checks.authorizeURL", k.AuthorizeURL},
		{"callback-urls", "checks.callbackURLs", k.CallbackURLs},
		{"settle", "settle", c.Settle},
		{"max-down", "maxDown", c.MaxDown},
		{"report", "report", c.Report},
	} {
		all = append(all, Setting{Flag: one.flag, Place: one.place, Value: textOf(one.value)})
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

// textOf is a value as a flag has it, "" for none.
func textOf(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ",")
	case bool, int:
		if v == false || v == 0 {
			return ""
		}
	}
	return fmt.Sprint(value)
}
