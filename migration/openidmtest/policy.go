package openidmtest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// managedSchema has the members that a managed object of each kind must have.
var managedSchema = map[string][]string{
	"user":       {"mail", "sn", "givenName", "userName"},
	"role":       {"description", "name"},
	"assignment": {"mapping", "description", "name"},
}

var mailAddress = regexp.MustCompile(`.+@.+\..+`)

// checkPolicies looks whether a record keeps the policies of a default
// server: all of them, or those of the given fields. id is the record's own,
// which does not count against uniqueness.
func (w *world) checkPolicies(kind, id string, r record, fields []string) *restError {
	failed := []any{}
	add := func(property, requirement string, params record) {
		one := record{"policyRequirement": requirement}
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
	for _, name := range managedSchema[kind] {
		if text, ok := r[name].(string); wanted(name) && (!ok || text == "") {
			add(name, "REQUIRED", nil)
		}
	}
	if kind == "user" {
		name, _ := r["userName"].(string)
		if name != "" && wanted("userName") {
			if w.userNamed(name, id) {
				add("userName", "UNIQUE", nil)
			}
			if w.table(internalUser).has(name) {
				add("userName", "UNIQUE", nil)
			}
			if strings.Contains(name, "/") {
				add("userName", "CANNOT_CONTAIN_CHARACTERS", record{"forbiddenChars": "/"})
			}
		}
		if mail, _ := r["mail"].(string); mail != "" && wanted("mail") && !mailAddress.MatchString(mail) {
			add("mail", "VALID_EMAIL_ADDRESS_FORMAT", nil)
		}
		if password, ok := r["password"].(string); ok && wanted("password") {
			checkPassword(r, password, func(requirement string, params record) { add("password", requirement, params) })
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &restError{
		Code: http.StatusForbidden, Message: "Policy validation failed",
		Detail: record{"result": false, "failedPolicyRequirements": failed},
	}
}

func checkPassword(r record, password string, add func(string, record)) {
	if len([]rune(password)) < 8 {
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

// userNamed says whether another user than id has the name.
func (w *world) userNamed(name, id string) bool {
	found := w.findUser(name)
	return found != "" && found != id
}

// findUser returns the id of the user of a name, "" if there is none.
func (w *world) findUser(name string) string {
	t := w.table(managedUser)
	if _, ok := t.index(name); ok {
		// The name of a synthetic user is its id, unless it was changed.
		if r, ok := t.get(name); ok && r["userName"] == name {
			return name
		}
	}
	for id := range t.rows {
		if r, ok := t.get(id); ok && r["userName"] == name {
			return id
		}
	}
	return ""
}
