package settings

import (
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

func (s *Settings) checkFlags() []row {
	c := &s.Upgrade.Checks
	return []row{
		checks.flag("check-timeout duration", looks+" import", &c.Timeout, "time limit of each preflight check").
			check(notNegative),
		checks.flag("database-port port", looks, &c.DatabasePort, "port of the target's database").check(isPort).
			or("from its configuration, else 5432"),
		checks.flag("profile-mapping regexp", looks, &c.ProfileMapping,
			"which mapping assigns profiles, by name or target").check(isRegexp).or(preflight.DefaultProfileMapping),
		checks.flag("profile-property regexp", looks, &c.ProfileProperty, "which property holds the profile").
			check(isRegexp).or(preflight.DefaultProfileProperty),
		checks.flag("consumer-key key", looks, &c.ConsumerKey,
			"consumer key of the connected app, to check its callback URLs with Salesforce"),
		checks.flag("authorize-url url", looks, &c.AuthorizeURL,
			"authorization URL of Salesforce, where -consumer-key is checked").check(isURL).
			or(preflight.DefaultAuthorizeURL),
		checks.flag("callback-urls urls", looks+" checklist", &s.Callbacks,
			"comma-separated URLs that the connected app must allow").check(areURLs).or("/connect/ on both servers"),
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

func (s *Settings) comparisonFlags() []row {
	u, c := &s.Upgrade, &s.Compare
	return []row{
		comparison.flag("types collections", compares, &s.Types, "comma-separated collections to compare").
			list("collection", collections()).or("all"),
		comparison.flag("ignore members", compares, &c.Ignore,
			"comma-separated members to ignore, as in users.lastSync,roles.description"),
		comparison.flag("values", compares, &u.Verify.Values,
			"show the values of members that differ, except secrets"),
		comparison.flag("max-differences number", compares, &u.Verify.MaxDifferences,
			"maximum number of differences to list of each kind, at most 10000").check(upTo(10_000)).or("1000"),
		comparison.flag("rate number", compares, &u.Verify.Rate,
			"maximum number of records a second to ask each server for").check(notNegative).or("no limit"),
		output.flag("ids file", "run verify", &u.RepairList,
			"write the addresses of the records to migrate again to this file").path(newFile),
		comparison.flag("accept codes", compares, &c.Accept, "comma-separated codes of what need not be compared").
			list("code", acceptable()),
		comparison.flag("checks-off codes", compares, &c.Off,
			"comma-separated codes of acceptance checks to skip; * skips all").
			list("check", append(acceptance.Codes(), "*")),
	}
}

func (s *Settings) tabFlags() []row {
	d, a, c := acceptance.DefaultOptions(), &s.Upgrade.Acceptance, &s.Compare
	return []row{
		comparison.flag("permission-sets resources", compares, &c.PermissionSets,
			"comma-separated resources that may hold the permission sets").or(strings.Join(d.PermissionSets, ",")),
		comparison.flag("groups resources", compares, &c.Groups,
			"comma-separated resources that may hold the groups").or(strings.Join(d.Groups, ",")),
		comparison.flag("organizations resources", compares, &c.Organizations,
			"comma-separated resources that may hold the Salesforce organizations").
			or(strings.Join(d.Organizations, ",")),
		comparison.flag("salesforce regexp", compares, &a.Salesforce,
			"which connectors, mappings and link types are those of Salesforce").check(isRegexp).or(d.Salesforce),
		comparison.flag("active-directory regexp", compares, &a.ActiveDirectory,
			"which connectors, mappings and link types are those of Active Directory").check(isRegexp).
			or("one that finds Active Directory, LDAP and AD"),
	}
}
