package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// verifyFlags are the flags of the comparison that have no field in Upgrade.
type verifyFlags struct {
	off, permissionSets, groups, organizations, ignore, accept string
}

func (v *verifyFlags) add(f *flag.FlagSet, u *idconnect.Upgrade) {
	d := acceptance.DefaultOptions()
	f.StringVar(&v.ignore, "ignore", "",
		"comma-separated `members` to ignore, such as users.lastSync,roles.description")
	f.BoolVar(&u.Verify.Values, "values", false, "show the values of members that differ, except secrets")
	f.IntVar(&u.Verify.MaxDifferences, "max-differences", 0,
		"maximum `number` of differences to list of each kind (default 1000, at most 10000)")
	f.IntVar(&u.Verify.Rate, "rate", 0,
		"maximum `number` of records a second to ask each server for (default no limit)")
	f.StringVar(&u.RepairList, "ids", "", "write the addresses of the records to migrate again to this `file`")
	f.StringVar(&v.off, "checks-off", "", "comma-separated `codes` of acceptance checks to skip, of "+
		strings.Join(acceptance.Codes(), ",")+"; * skips all")
	f.StringVar(&v.accept, "accept", "", "comma-separated `codes` of what need not be compared, as the report names "+
		"what was not")
	for _, r := range []struct {
		into       *string
		name, what string
		otherwise  []string
	}{
		{&v.permissionSets, "permission-sets", "permission sets", d.PermissionSets},
		{&v.groups, "groups", "groups", d.Groups},
		{&v.organizations, "organizations", "Salesforce organizations", d.Organizations},
	} {
		f.StringVar(r.into, r.name, "", "comma-separated `resources` that may hold the "+r.what+" (default "+
			strings.Join(r.otherwise, ",")+")")
	}
	f.StringVar(&u.Acceptance.Salesforce, "salesforce", "",
		"regular expression (`regexp`) that identifies Salesforce connectors, mappings and link types (default "+
			d.Salesforce+")")
	f.StringVar(&u.Acceptance.ActiveDirectory, "active-directory", "",
		"regular expression (`regexp`) that identifies Active Directory connectors, mappings and link types (default "+
			d.ActiveDirectory+")")
}

// apply sets the flags to u, whose collections must be set.
func (v *verifyFlags) apply(u *idconnect.Upgrade) error {
	for _, l := range []struct {
		text string
		into *[]string
	}{
		{v.off, &u.Acceptance.Off}, {v.accept, &u.Verify.Accept}, {v.permissionSets, &u.Acceptance.PermissionSets},
		{v.groups, &u.Acceptance.Groups}, {v.organizations, &u.Acceptance.Organizations},
	} {
		if l.text == "" {
			continue
		}
		for word := range strings.SplitSeq(l.text, ",") {
			*l.into = append(*l.into, strings.Trim(strings.TrimSpace(word), "/"))
		}
	}
	if v.ignore == "" {
		return nil
	}
	if u.Verify.Collections == nil {
		u.Verify.Collections = verify.DefaultCollections()
	}
	for word := range strings.SplitSeq(v.ignore, ",") {
		name, member, ok := strings.Cut(strings.TrimSpace(word), ".")
		i := slices.IndexFunc(u.Verify.Collections, func(c verify.Collection) bool { return c.Name == name })
		if !ok || member == "" || i < 0 {
			return usagef("-ignore %s: must be COLLECTION.MEMBER of a compared collection", word)
		}
		u.Verify.Collections[i].Ignore = append(u.Verify.Collections[i].Ignore, member)
	}
	return nil
}

// saveIDs writes the list of records to migrate again, if -ids is set.
func (a *app) saveIDs(file string, r *verify.Report) error {
	if file == "" || r == nil {
		return nil
	}
	more, err := r.SaveRepairList(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "ids: %s\n", file)
	if more > 0 {
		fmt.Fprintf(a.err, "upgrade: hint: %s not listed: "+
			"raise -max-differences, or verify again once these are repaired\n",
			text.Number(more, "more record is", "more records are"))
	}
	return nil
}
