package openidmtest

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
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
func (w *world) checkPolicies(kind, id string, r record, fields []string) *crest.Error {
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
	for _, name := range managedSchema[kind] {
		if _, ok := r[name]; wanted(name) && !ok {
			add(name, "REQUIRED", nil)
		}
	}
	if kind == "user" {
		w.checkUser(id, r, wanted, add)
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

func (w *world) checkUser(id string, r record, wanted func(string) bool, add func(string, string, record)) {
	for _, name := range slices.Sorted(maps.Keys(propertyType)) {
		value, given := r[name]
		if !given || !wanted(name) || name == "roles" && w.traits.Old {
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
		if w.userNamed(name, id) {
			add("userName", "UNIQUE", nil)
		}
		if w.table(internalUser).Has(name) {
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

// userNamed reports whether another user than id has the name.
func (w *world) userNamed(name, id string) bool {
	found := w.findUser(name)
	return found != "" && found != id
}

// findUser returns the id of the user of a name, "" if there is none.
func (w *world) findUser(name string) string {
	t := w.table(managedUser)
	if _, ok := t.Index(name); ok {
		// The name of a synthetic user is its id, unless it was changed.
		if r, ok := t.Get(name); ok && r["userName"] == name {
			return name
		}
	}
	for id := range t.Written() {
		if r, ok := t.Get(id); ok && r["userName"] == name {
			return id
		}
	}
	return ""
}

// policy serves policy/managed/…: what a record would be told, without writing
// it.
func (s *Server) policy(c *call) (*crest.Result, *crest.Error) {
	if c.Operation != "action" {
		return nil, crest.Unsupported(c.Request)
	}
	if c.Action != "validateObject" && c.Action != "validateProperty" {
		e := crest.InternalError("Unsupported action: %s", c.Action)
		e.Detail = record{}
		return nil, e
	}
	r, _ := c.Body.(record)
	var fields []string
	if c.Action == "validateProperty" {
		fields = slices.Collect(maps.Keys(r))
	}
	kind, id := "", ""
	if len(c.Segments) > 2 && c.Segments[1] == "managed" {
		kind = c.Segments[2]
		id = strings.Join(c.Segments[3:], "/")
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if e := s.world.checkPolicies(kind, id, r, fields); e != nil {
		return &crest.Result{Body: e.Detail}, nil
	}
	return &crest.Result{Body: record{"result": true, "failedPolicyRequirements": []any{}}}, nil
}
