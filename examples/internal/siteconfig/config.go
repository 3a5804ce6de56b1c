// Package siteconfig is the description of one site: the file upgrade.yaml of
// the command, an entry of a list for a program, and an entry of a fleet. It
// imports idconnect and is for commands and programs; nothing of the SDK imports
// it. Begin with [Open] and [Config.Upgrade].
package siteconfig

import (
	"cmp"
	"path/filepath"
)

// FileName is the file that is looked for in the current folder.
const FileName = "upgrade.yaml"

// Config is one site. It holds no secret, only where each one is found. What is
// empty has the default of [idconnect.Upgrade]. The names of the members are those
// of site.schema.json, which describes them.
type Config struct {
	ID                 string    `json:"id,omitempty"`
	Source             Server    `json:"source"`
	Target             Server    `json:"target"`
	Package            string    `json:"package,omitempty"`
	InstanceURL        string    `json:"instanceURL,omitempty"`
	InstanceAddress    string    `json:"instanceAddress,omitempty"`
	KeystorePassword   *Secret   `json:"keystorePassword,omitempty"`
	TruststoreConflict string    `json:"truststoreConflict,omitempty"`
	JavaHome           string    `json:"javaHome,omitempty"`
	Steps              []string  `json:"steps,omitempty"`
	Accept             []string  `json:"accept,omitempty"`
	Handover           *Handover `json:"handover,omitempty"`
	Verify             *Verify   `json:"verify,omitempty"`
	Checks             *Checks   `json:"checks,omitempty"`
	Settle             string    `json:"settle,omitempty"`
	MaxDown            string    `json:"maxDown,omitempty"`
	Report             string    `json:"report,omitempty"`
}

// Server is one of the two servers.
type Server struct {
	// Worker is the machine with the folder. Only a fleet has it.
	Worker             string  `json:"worker,omitempty"`
	Dir                string  `json:"dir,omitempty"`
	URL                string  `json:"url,omitempty"`
	User               string  `json:"user,omitempty"`
	Password           *Secret `json:"password,omitempty"`
	Truststore         string  `json:"truststore,omitempty"`
	TruststorePassword *Secret `json:"truststorePassword,omitempty"`
	TLSName            string  `json:"tlsName,omitempty"`
	Address            string  `json:"address,omitempty"`
	LegacyTLS          bool    `json:"legacyTLS,omitempty"`
}

// Handover is how the stores come to the target's machine if that is not the
// source's: export writes Source there, and Target is where the file is here.
type Handover struct {
	Source     string  `json:"source"`
	Target     string  `json:"target"`
	Passphrase *Secret `json:"passphrase"`
	// Carry is a program that copies the file. Only a fleet has it.
	Carry []string `json:"carry,omitempty"`
}

// Verify says what the comparison covers.
type Verify struct {
	Types           []string `json:"types,omitempty"`
	Ignore          []string `json:"ignore,omitempty"` // COLLECTION.MEMBER
	Values          bool     `json:"values,omitempty"`
	MaxDifferences  int      `json:"maxDifferences,omitempty"`
	Rate            int      `json:"rate,omitempty"`
	IDs             string   `json:"ids,omitempty"`
	ChecksOff       []string `json:"checksOff,omitempty"`
	PermissionSets  []string `json:"permissionSets,omitempty"`
	Groups          []string `json:"groups,omitempty"`
	Organizations   []string `json:"organizations,omitempty"`
	Salesforce      string   `json:"salesforce,omitempty"`
	ActiveDirectory string   `json:"activeDirectory,omitempty"`
}

// Checks says what the preflight checks compare with.
type Checks struct {
	Timeout         string   `json:"timeout,omitempty"`
	DatabasePort    int      `json:"databasePort,omitempty"`
	ProfileMapping  string   `json:"profileMapping,omitempty"`
	ProfileProperty string   `json:"profileProperty,omitempty"`
	ConsumerKey     string   `json:"consumerKey,omitempty"`
	AuthorizeURL    string   `json:"authorizeURL,omitempty"`
	CallbackURLs    []string `json:"callbackURLs,omitempty"`
}

// Paths are the members that name files and folders, but for those of secrets.
func (c *Config) Paths() []*string {
	all := []*string{
		&c.Source.Dir, &c.Target.Dir, &c.Source.Truststore, &c.Target.Truststore, &c.Package, &c.JavaHome, &c.Report,
	}
	if c.Handover != nil {
		all = append(all, &c.Handover.Source, &c.Handover.Target)
	}
	if c.Verify != nil {
		all = append(all, &c.Verify.IDs)
	}
	return all
}

// resolve makes relative paths start at a folder.
func (c *Config) resolve(dir string) {
	all := c.Paths()
	for _, s := range c.Secrets() {
		if s.From != nil {
			all = append(all, &s.From.File)
		}
	}
	for _, p := range all {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, filepath.FromSlash(*p))
		}
	}
}

// Name is the ID or, without one, the host of the target's address.
func (c *Config) Name() string { return cmp.Or(c.ID, hostOf(c.Target.URL), "site") }
