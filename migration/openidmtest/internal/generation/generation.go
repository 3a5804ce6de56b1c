// Package generation holds what sets the generations of OpenIDM apart that a
// fake server can play: what it has, what its records look like, and what a
// migration makes of a record of the generation before. Its only user is package
// openidmtest, and it shares no table with the SDK: what both know alike was read
// twice.
//
// Each fact has the sureness of its source: H was read in source text or in the
// vendor's, M is inferred, L is hearsay. The sources are OpenIDM at tag 3.1.0
// [31], an installation of IDM 7.3.0 [73], ForgeRock/forgeops at tag 7.1.0 [71],
// and the vendor's documentation [doc]. What is marked 7.0.2 was measured on the
// community's OpenIDM 7.0.2.
package generation

import (
	"slices"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// Traits are what sets a generation apart. The zero value is none; see
// [OpenIDM30], [OpenIDM31], [OpenIDM702] and [IDM71].
type Traits struct {
	// Name is for people.
	Name string
	// Version is what info/version says; "": there is no such resource (H).
	Version string
	// NoFilters: the repository answers no _queryFilter (H).
	NoFilters bool
	// NoTotals: an answer to a query lacks totalPagedResults and
	// totalPagedResultsPolicy (H).
	NoTotals bool
	// Old: roles are text on the user; there are no assignments, relationships
	// and internal roles; links have no qualifier; internal users have a userName,
	// roles and needsResetPassword; schedules are configuration (all H).
	Old bool
	// New: the internal users are in no table, relationships name collection and
	// id apart, jobs are under scheduler/job, and values are encrypted with a salt
	// (all H).
	New bool
	// Keys are the secret keys of a keystore after the first start, besides that
	// of the server's certificate and of encrypted values (H).
	Keys []string
	// Mappings are those of the product's own migration service, in order.
	Mappings []Mapping
}

// Mapping is one of the migration service: its name and its table.
type Mapping struct{ Name, Table string }

// keysOfSeven are made by 7.x where they are missing (H [73], measured on 7.0.2).
var keysOfSeven = []string{"openidm-jwtsessionhmac-key", "selfservice", "openidm-selfservice-key"}

// The generations.
var (
	// OpenIDM30 is OpenIDM 3.0.
	OpenIDM30 = Traits{Name: "OpenIDM 3.0", Old: true, NoFilters: true, NoTotals: true}
	// OpenIDM31 is OpenIDM 3.1, on which Identity Connect 2.1 sits (M).
	OpenIDM31 = Traits{Name: "OpenIDM 3.1", Old: true, NoTotals: true}
	// OpenIDM702 is the community's OpenIDM 7.0.2.
	OpenIDM702 = Traits{Name: "OpenIDM 7.0.2", Version: "7.0.2", Keys: keysOfSeven, Mappings: []Mapping{
		{"repoManagedUser_repoManagedUser", "managed/user"},
		{"repoManagedRole_repoManagedRole", "managed/role"},
		{"repoManagedAssignment_repoManagedAssignment", "managed/assignment"},
		{"repoLink_repoLink", "link"},
	}}
	// IDM71 is ForgeRock IDM 7.1, on which Identity Connect 7.1.6 sits (M).
	IDM71 = Traits{Name: "IDM 7.1", Version: "7.1.0", New: true, Keys: keysOfSeven, Mappings: []Mapping{
		// The order is that of conf/migration.json (H [73]): links before users.
		{"repoLink_repoLink", "link"},
		{"repoRelationships_repoRelationships", "relationships"},
		{"repoInternalRole_repoInternalRole", "internal/role"},
		{"repoInternalUser_repoInternalUser", "internal/user"},
		{"repoInternalUsermeta_repoInternalUsermeta", "internal/usermeta"},
		{"repoManagedRole_repoManagedRole", "managed/role"},
		{"repoManagedUser_repoManagedUser", "managed/user"},
		{"repoManagedAssignment_repoManagedAssignment", "managed/assignment"},
		{"schedulerJob_schedulerJob", "scheduler/job"},
	}}
)

// Configurations returns the ids of the configurations of a default server, of
// those that 7.0.2 has.
func (t Traits) Configurations(of702 []string) []string {
	isMissing := func(id string) bool { return t.Old && id == "info/version" } // H [31]
	return slices.DeleteFunc(slices.Clone(of702), isMissing)
}

// Has reports whether the repository has a table of that name before anything is
// written to it.
func (t Traits) Has(table string) bool {
	switch table {
	case "managed/assignment", "relationships", "internal/role", "internal/usermeta": // H [31][73]
		return !t.Old
	case "scheduler/job": // H [doc]
		return t.New
	}
	return true
}

// Salesforce connectors.
const (
	// SalesforceOfThree is the connectorName of 3.x: it is no OpenICF connector (H [31]).
	SalesforceOfThree = "org.forgerock.openidm.salesforce.Salesforce"
	// SalesforceOfSeven is that of 7.x (H for IDM [73][doc], M for the products).
	SalesforceOfSeven = "org.forgerock.openicf.connectors.salesforce.SalesforceConnector"
	// SystemOfThree is the systemType of the former, with which the ids of its
	// configurations begin. Before October 2014 they began with "salesforce" (H [31]).
	SystemOfThree = "provisioner.salesforce"
)

// SalesforceTypes are the object types of the connector (H [31]; 7.3's sample has
// User alone, H [73]).
func (t Traits) SalesforceTypes() []string {
	if !t.Old {
		return []string{"User"}
	}
	return []string{"Group", "GroupMember", "Organization", "PermissionSet", "PermissionSetAssignment",
		"PermissionSetLicense", "PermissionSetLicenseAssign", "Profile", "User"}
}

// SalesforceClass is the connectorName of the connector.
func (t Traits) SalesforceClass() string {
	if t.Old {
		return SalesforceOfThree
	}
	return SalesforceOfSeven
}

type record = crest.Record
