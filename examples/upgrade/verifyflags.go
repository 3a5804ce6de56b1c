package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// verifyFlags say how the comparison is made.
type verifyFlags struct {
	off, permissionSets, groups, organizations, ignore, ids string
}

func (v *verifyFlags) add(f *flag.FlagSet, u *idconnect.Upgrade) {
	d := acceptance.DefaultOptions()
	f.StringVar(&v.ignore, "ignore", "", "`members` that are not compared, such as users.lastSync,roles.description")
	f.BoolVar(&u.Verify.Values, "values", false, "show the values of members that differ, but for secrets")
	f.IntVar(&u.Verify.MaxDifferences, "max-differences", 0,
		"`how many` of each kind of difference are listed (default 1000, at most 10000)")
	f.StringVar(&v.ids, "ids", "", "`file` for the addresses of the records to bring over again")
	f.StringVar(&v.off, "checks-off", "", "`codes` of checks that verify does not make, of "+
		strings.Join(acceptance.Codes(), ",")+"; * is all")
	for _, r := range []struct {
		into       *string
		name, what string
		otherwise  []string
	}{
		{&v.permissionSets, "permission-sets", "permission sets", d.PermissionSets},
		{&v.groups, "groups", "groups", d.Groups},
		{&v.organizations, "organizations", "Salesforce organizations", d.Organizations},
	} {
		f.StringVar(r.into, r.name, "", "`resources` that may hold the "+r.what+" (default "+
			strings.Join(r.otherwise, ",")+")")
	}
	f.StringVar(&u.Acceptance.Salesforce, "salesforce", "",
		"`pattern` of connectors, mappings and types of links to Salesforce (default "+d.Salesforce+")")
	f.StringVar(&u.Acceptance.ActiveDirectory, "active-directory", "",
		"`pattern` of those to Active Directory (default "+d.ActiveDirectory+")")
}

// settle needs the collections of u.
func (v *verifyFlags) settle(u *idconnect.Upgrade) error {
	for _, l := range []struct {
		text string
		into *[]string
	}{
		{v.off, &u.Acceptance.Off}, {v.permissionSets, &u.Acceptance.PermissionSets},
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
			return usagef("-ignore %s: must be COLLECTION.MEMBER, of a collection that is compared", word)
		}
		u.Verify.Collections[i].Ignore = append(u.Verify.Collections[i].Ignore, member)
	}
	return nil
}

// save writes the list of records to bring over, if that is asked for.
func (v *verifyFlags) save(a *app, r *verify.Report) error {
	if v.ids == "" || r == nil {
		return nil
	}
	more, err := r.SaveRepairList(v.ids)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "ids: %s\n", v.ids)
	if more > 0 {
		fmt.Fprintf(a.err, "upgrade: hint: %d more records are not listed: "+
			"raise -max-differences, or verify again once these are repaired\n", more)
	}
	return nil
}
