// Package policy holds the policies of a default server for managed objects, in the
// words of its answers. Its only user is package openidmtest. Begin with [Check].
package policy

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// Required returns the members that a managed object of a kind must have, nil where
// there is no such kind.
func Required(kind string) []string { return required[kind] }

var required = map[string][]string{
	"user":       {"mail", "sn", "givenName", "userName"},
	"role":       {"description", "name"},
	"assignment": {"mapping", "description", "name"},
}

var mailAddress = regexp.MustCompile(`.+@.+\..+`)

type record = crest.Record

// Options are what a server brings to its policies.
type Options struct {
	// Taken counts the policies of uniqueness that a user's name breaks.
	Taken func(name string) int
	// OldRoles: the roles of a user are text.
	OldRoles bool
}

// Check looks whether a record of a kind, such as "user", keeps the policies: all of
// them, or those of the given fields.
func Check(kind string, r record, fields []string, o Options) *crest.Error {
	failed := []any{}
	add := func(property, requirement string, params record) {
		one := record{"policyRequirement": requirement}
		if requirement == "MATCH_REGEXP" {
			one["regexp"], one["flags"] = params["regexp"], nil
		}
		if params != nil {
			one["params"] = params
		}
		for _, have := range failed {
			if f := have.(record); f["property"] == property {
				f["policyRequirements"] = append(f["policyRequirements"].([]any), one)
				return
			}
		}
		failed = append(failed, record{"property": property, "policyRequirements": []any{one}})
	}
	wanted := func(name string) bool { return fields == nil || slices.Contains(fields, name) }
	for _, name := range required[kind] {
		if _, ok := r[name]; wanted(name) && !ok {
			add(name, "REQUIRED", nil)
		}
	}
	if kind == "user" {
		checkUser(r, wanted, add, o)
	}
	if len(failed) == 0 {
		return nil
	}
	return &crest.Error{
		Code: http.StatusForbidden, Message: "Policy validation failed",
		Detail: record{"result": false, "failedPolicyRequirements": failed},
	}
}

// propertyType has the members of a user that must be of a type; the others
// may be anything.
var propertyType = map[string]string{
	"userName": "string", "password": "string", "givenName": "string", "sn": "string", "mail": "string",
	"description": "string", "accountStatus": "string", "telephoneNumber": "string", "postalAddress": "string",
	"address2": "string", "city": "string", "postalCode": "string", "country": "string", "stateProvince": "string",
	"roles": "array", "authzRoles": "array", "reports": "array", "manager": "object",
}

// minLength has the members of a user that may not be empty.
var minLength = map[string]int{"userName": 1, "password": 8}

// phoneNumber is the pattern as the policy's answer shows it.
const phoneNumber = `^\+?([0-9\- \(\)])*$`

var phonePattern = regexp.MustCompile(phoneNumber)

func checkUser(r record, wanted func(string) bool, add func(string, string, record), o Options) {
	for _, name := range slices.Sorted(maps.Keys(propertyType)) {
		value, given := r[name]
		if !given || !wanted(name) || name == "roles" && o.OldRoles {
			continue
		}
		if _, sealed := crest.Lookup(value, []string{"$crypto"}); sealed {
			continue
		}
		have := scriptType(value)
		if least, ok := minLength[name]; ok && (have != "string" || value == "") {
			add(name, "REQUIRED", nil)
			add(name, "MIN_LENGTH", record{"minLength": least})
		}
		if have != propertyType[name] && !(have == "null" && propertyType[name] == "object") {
			add(name, "VALID_TYPE", record{"invalidType": have, "validTypes": []string{propertyType[name]}})
		}
	}
	name, _ := r["userName"].(string)
	if name != "" && wanted("userName") {
		for range o.Taken(name) {
			add("userName", "UNIQUE", nil)
		}
		if strings.Contains(name, "/") {
			add("userName", "CANNOT_CONTAIN_CHARACTERS", record{"forbiddenChars": "/"})
		}
	}
	if mail, _ := r["mail"].(string); mail != "" && wanted("mail") && !mailAddress.MatchString(mail) {
		add("mail", "VALID_EMAIL_ADDRESS_FORMAT", nil)
	}
	if phone, _ := r["telephoneNumber"].(string); wanted("telephoneNumber") && !phonePattern.MatchString(phone) {
		add("telephoneNumber", "MATCH_REGEXP", record{"regexp": phoneNumber})
	}
	if password, ok := r["password"].(string); ok && wanted("password") {
		checkPassword(r, password, func(requirement string, params record) {
			add("password", requirement, params)
		})
	}
}

// scriptType is the type of a value as a script names it.
func scriptType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case record:
		return "object"
	}
	return "number"
}

func checkPassword(r record, password string, add func(string, record)) {
	if n := len([]rune(password)); n < 8 && n > 0 {
		add("MIN_LENGTH", record{"minLength": 8})
	}
	if !strings.ContainsAny(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ()") {
		add("AT_LEAST_X_CAPITAL_LETTERS", record{"numCaps": 1})
	}
	if !strings.ContainsAny(password, "0123456789") {
		add("AT_LEAST_X_NUMBERS", record{"numNums": 1})
	}
	for _, name := range []string{"userName", "givenName", "sn"} {
		other, _ := r[name].(string)
		if other != "" && strings.Contains(password, other) {
			add("CANNOT_CONTAIN_OTHERS", record{"disallowedFields": name})
			return
		}
	}
}
