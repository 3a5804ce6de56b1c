package settings

import (
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

func (s *Settings) checkFlags() []command.Flag {
	c := &s.Upgrade.Checks
	return []command.Flag{
		{Name: "check-timeout", Group: groupChecks, Value: "duration", Family: site, Into: &c.Timeout,
			Commands: in(looks + " import"), Check: notNegative, Help: "time limit of each preflight check"},
		{Name: "database-port", Group: groupChecks, Value: "port", Family: site, Into: &c.DatabasePort,
			Commands: in(looks), Check: isPort, Help: "port of the target's database",
			Default: "from its configuration, else 5432"},
		{Name: "profile-mapping", Group: groupChecks, Value: "regexp", Family: site, Into: &c.ProfileMapping,
			Commands: in(looks), Check: isRegexp, Default: preflight.DefaultProfileMapping,
			Help: "which mapping assigns profiles, by name or target"},
		{Name: "profile-property", Group: groupChecks, Value: "regexp", Family: site, Into: &c.ProfileProperty,
			Commands: in(looks), Check: isRegexp, Default: preflight.DefaultProfileProperty,
			Help: "which property holds the profile"},
		{Name: "consumer-key", Group: groupChecks, Value: "key", Family: site, Into: &c.ConsumerKey,
			Commands: in(looks),
			Help:     "consumer key of the connected app, to check its callback URLs with Salesforce"},
		{Name: "authorize-url", Group: groupChecks, Value: "url", Family: site, Into: &c.AuthorizeURL,
			Commands: in(looks), Check: isURL, Default: preflight.DefaultAuthorizeURL,
			Help: "authorization URL of Salesforce, where -consumer-key is checked"},
		{Name: "callback-urls", Group: groupChecks, Value: "urls", Family: site, Into: &s.Callbacks,
			Commands: in(looks + " checklist"), Check: areURLs,
			Help: "comma-separated URLs that the connected app must allow", Default: "/connect/ on both servers"},
	}
}

// compares is the commands that end with a comparison.
const compares = "run verify repair"

// collections are the names of those that can be compared.
func collections() (names []string) {
	for _, c := range verify.DefaultCollections() {
		names = append(names, c.Name)
	}
	return names
}

// acceptable are the codes of what need not be compared.
func acceptable() []string {
	codes := append([]string{"SERVERS"}, acceptance.Codes()...)
	for _, c := range collections() {
		codes = append(codes, "COLLECTION-"+strings.ToUpper(c), "VALUES-"+strings.ToUpper(c))
	}
	return codes
}

func (s *Settings) comparisonFlags() []command.Flag {
	u, c := &s.Upgrade, &s.Compare
	return []command.Flag{
		{Name: "types", Group: groupComparison, Value: "collections", Family: site, Into: &s.Types,
			Commands: in(compares), Noun: "collection", List: true, Choices: collections(),
			Help: "comma-separated collections to compare", Default: "all"},
		{Name: "ignore", Group: groupComparison, Value: "members", Family: site, Into: &c.Ignore,
			Commands: in(compares), Help: "comma-separated members to ignore, as in users.lastSync,roles.description"},
		{Name: "values", Group: groupComparison, Family: site, Into: &u.Verify.Values, Commands: in(compares),
			Help: "show the values of members that differ, except secrets"},
		{Name: "max-differences", Group: groupComparison, Value: "number", Family: site,
			Into: &u.Verify.MaxDifferences, Commands: in(compares), Check: upTo(10_000),
			Help: "maximum number of differences to list of each kind, at most 10000", Default: "1000"},
		{Name: "rate", Group: groupComparison, Value: "number", Family: site, Into: &u.Verify.Rate,
			Commands: in(compares), Check: notNegative,
			Help: "maximum number of records a second to ask each server for", Default: "no limit"},
		{Name: "ids", Group: groupOutput, Value: "file", Family: site, Into: &u.RepairList,
			Commands: in("run verify"), Path: newFile,
			Help: "write the addresses of the records to migrate again to this file"},
		{Name: "accept", Group: groupComparison, Value: "codes", Family: site, Into: &c.Accept, Commands: in(compares),
			Noun: "code", List: true, Choices: acceptable(),
			Help: "comma-separated codes of what need not be compared"},
		{Name: "checks-off", Group: groupComparison, Value: "codes", Family: site, Into: &c.Off, Commands: in(compares),
			Noun: "check", List: true, Choices: append(acceptance.Codes(), "*"),
			Help: "comma-separated codes of acceptance checks to skip; * skips all"},
	}
}

func (s *Settings) tabFlags() []command.Flag {
	d, a, c := acceptance.DefaultOptions(), &s.Upgrade.Acceptance, &s.Compare
	return []command.Flag{
		{Name: "permission-sets", Group: groupComparison, Value: "resources", Family: site, Into: &c.PermissionSets,
			Commands: in(compares), Help: "comma-separated resources that may hold the permission sets",
			Default: strings.Join(d.PermissionSets, ",")},
		{Name: "groups", Group: groupComparison, Value: "resources", Family: site, Into: &c.Groups,
			Commands: in(compares), Help: "comma-separated resources that may hold the groups",
			Default: strings.Join(d.Groups, ",")},
		{Name: "organizations", Group: groupComparison, Value: "resources", Family: site, Into: &c.Organizations,
			Commands: in(compares), Help: "comma-separated resources that may hold the Salesforce organizations",
			Default: strings.Join(d.Organizations, ",")},
		{Name: "salesforce", Group: groupComparison, Value: "regexp", Family: site, Into: &a.Salesforce,
			Commands: in(compares), Check: isRegexp, Default: d.Salesforce,
			Help: "which connectors, mappings and link types are those of Salesforce"},
		{Name: "active-directory", Group: groupComparison, Value: "regexp", Family: site, Into: &a.ActiveDirectory,
			Commands: in(compares), Check: isRegexp, Default: "one that finds Active Directory, LDAP and AD",
			Help: "which connectors, mappings and link types are those of Active Directory"},
	}
}
