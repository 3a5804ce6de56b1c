package idconnect_test

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// A set-up script that asks for more than is known is answered with a prompt more.
func ExampleDefaultPrompts() {
	license := idconnect.Prompt{Pattern: regexp.MustCompile(`accept the license\? \[y/n\]`), Answer: "y"}
	u := idconnect.Upgrade{Prompts: append(idconnect.DefaultPrompts(), license)}

	last := u.Prompts[len(u.Prompts)-1]
	fmt.Println(last.Pattern, last.Answer)
	// Output: accept the license\? \[y/n\] y
}

// Where links have no qualifier in the target either, a migration that adds one is a
// difference.
func ExampleDefaultChanges() {
	table := slices.DeleteFunc(idconnect.DefaultChanges(), func(c changes.Change) bool {
		return c.Code == "LINK-QUALIFIER"
	})
	opts := idconnect.VerifyOptions{Options: verify.Options{Changes: table}}

	for _, c := range opts.Changes {
		if c.Collection == "repo/scheduler/job" {
			fmt.Println(c.Code+":", c.Says)
		}
	}
	// Output: JOB-ENABLED: have enabled as true or false
}
