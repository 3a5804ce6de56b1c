package acceptance

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Codes of the checks in [verify.Report].Checks, in their order, and of the
// search for failed records. They do not change.
const (
	PermissionSets  = "PERMISSION-SETS"
	Groups          = "GROUPS"
	Directory       = "ACTIVE-DIRECTORY"
	Organizations   = "SALESFORCE-ORGS"
	Mappings        = "SYNC-MAPPINGS"
	Connectors      = "SYNC-CONNECTORS"
	ConnectorTest   = "CONNECTOR-TEST"
	LinksSalesforce = "LINKS-SALESFORCE"
	LinksDirectory  = "LINKS-ACTIVE-DIRECTORY"
	FailedRecords   = "FAILED-RECORDS"
)

// Codes returns the codes of all checks, in their order.
func Codes() []string {
	return []string{
		PermissionSets, Groups, Directory, Organizations, Mappings, Connectors,
		ConnectorTest, LinksSalesforce, LinksDirectory, FailedRecords,
	}
}

// Options says which checks are made and where they look. Where Identity Connect
// keeps what its tabs show was not found by us, so every default is an assumption,
// and what is not found there is reported as "not checked". The zero value makes
// all checks with the values of [DefaultOptions].
type Options struct {
	// Off lists the codes of checks to skip; "*" skips all.
	Off []string

	// PermissionSets, Groups and Organizations are resources, tried in order
	// until a server has a record in one. One that begins with "repo/managed/" is
	// also tried as "managed/…". Next are the object types of that name of the
	// target's connectors, whose records are counted and not compared: they are
	// live objects of Salesforce or of the directory, which no migration carries.
	// For organizations it is the connectors to Salesforce: one for each.
	PermissionSets, Groups, Organizations []string

	// Salesforce and ActiveDirectory are regular expressions that identify what
	// belongs to each: a connector if its id, name or class name matches, a
	// mapping if its name matches or it reads or writes such a connector, a link
	// if its type names such a mapping or matches. Mappings and connectors of
	// neither kind are not compared. While both are "", a connector of a known
	// class, such as that of LDAP, is what its class says, whatever its name.
	Salesforce, ActiveDirectory string
}

// DefaultOptions returns the values that are assumed for fields of [Options] that
// are not set.
func DefaultOptions() Options {
	return Options{
		PermissionSets: []string{"repo/managed/permissionset", "repo/managed/permissionSet"},
		Groups:         []string{"repo/managed/group"},
		Organizations:  []string{"repo/managed/organization", "repo/managed/org"},
		Salesforce:     `(?i)salesforce|(^|[^a-z])sfdc`,
		// AD as a word, also in the middle of systemAdAccounts_managedUser.
		ActiveDirectory: `(?i:active[._-]?directory|ldap)|(^|[^A-Za-z]|[a-z])A[dD]([^a-z]|$)` +
			`|(^|[^A-Za-z])ad([^a-z]|$)`,
	}
}

func (t Options) withDefaults() Options {
	d := DefaultOptions()
	for _, f := range []struct{ have, otherwise *[]string }{
		{&t.PermissionSets, &d.PermissionSets}, {&t.Groups, &d.Groups}, {&t.Organizations, &d.Organizations},
	} {
		if *f.have == nil {
			*f.have = *f.otherwise
		}
	}
	t.Salesforce = cmp.Or(t.Salesforce, d.Salesforce)
	t.ActiveDirectory = cmp.Or(t.ActiveDirectory, d.ActiveDirectory)
	return t
}

func (t Options) makes(code string) bool {
	return !slices.Contains(t.Off, "*") && !slices.Contains(t.Off, code)
}

// Validate reports an invalid regular expression or an unknown code.
func (t Options) Validate() error {
	for _, p := range []struct{ name, text string }{{"Salesforce", t.Salesforce},
		{"Active Directory", t.ActiveDirectory}} {
		if _, err := regexp.Compile(p.text); err != nil {
			return fmt.Errorf("pattern for %s: %w", p.name, err)
		}
	}
	for _, code := range t.Off {
		if code != "*" && !slices.Contains(Codes(), code) {
			return fmt.Errorf("unknown check %q: known are %v", code, Codes())
		}
	}
	return nil
}
