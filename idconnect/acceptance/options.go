package acceptance

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Codes of the checks of [verify.Report].Checks, in their order, and of the
// search for failed records.
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

// Codes returns all of them.
func Codes() []string {
	return []string{
		PermissionSets, Groups, Directory, Organizations, Mappings, Connectors,
		ConnectorTest, LinksSalesforce, LinksDirectory, FailedRecords,
	}
}

// Options says where the looks at the vendor's checker look. Where Identity
// Connect keeps what the checker show is not published: every default is assumed,
// and what is not found under it is "not checked". The zero value has all
// checks and the defaults of [DefaultOptions].
type Options struct {
	// Off names the codes of checks that are not made; "*" is all of them.
	Off []string

	// PermissionSets, Groups and Organizations are resources, tried in their
	// order until a server has a record in one. One that begins with
	// "repo/managed/" is also tried as "managed/…". After them come the object
	// types of that name of the connectors, and for the organizations the
	// connectors to Salesforce themselves: one for each.
	PermissionSets, Groups, Organizations []string

	// Salesforce and ActiveDirectory are regular expressions: a connector is
	// one to Salesforce or Active Directory where its id, its name or the name
	// of its class matches, a mapping where it is from or to such a connector
	// or its name matches, a link where its type names such a mapping or
	// matches itself. Mappings and connectors of neither kind are not compared.
	Salesforce, ActiveDirectory string
}

// DefaultOptions returns what is assumed where a field of [Options] is not
// set.
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

// validate reads nothing and asks nobody.
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
