package changes

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Default returns what is known to us of how a correct migration changes records.
// A member _rev is never compared and needs no row; encrypted values are compared
// by what they hold, and hashed ones as they are. The table may be changed and
// added to.
//
// The sources are OpenIDM at tag 3.1.0 [31], an installation of IDM 7.3.0 [73] and
// ForgeRock/forgeops at tag 7.1.0 [71]. What a target of 7.1.6 shows of the roles
// of a user, and where, was not found by us: those rows are inferred.
func Default() []Change {
	roles := []string{"roles", "authzRoles", "effectiveRoles"}
	return []Change{
		{Code: "LINK-QUALIFIER", Collection: "repo/link", Members: []string{"linkQualifier"},
			Source: Added("linkQualifier", `"default"`), Says: "gained linkQualifier",
			// That there is one is read; that it is "default" is inferred.
			Sure: Inferred, Origin: "no linkQualifier in 2.1.0 to 3.1.0 [31]; not null in 7.x [73]"},
		{Code: "USER-ROLES", Collection: "repo/managed/user", Members: roles, Without: []string{"_id"},
			Source: rolesOfText, Target: rolesAsSet, Says: "have references for the names of their roles",
			Sure: Inferred, Origin: "a list of texts or one text with commas [31]; relationships [73]"},
		{Code: "EFFECTIVE-ROLES", Collection: "repo/managed/user", Members: roles,
			Source: derivedOfSource, Target: derived, Says: "gained effectiveRoles, equal to their roles",
			Sure: Inferred, Origin: "effectiveRoles is a list of references [73]"},
		// Where the repository is not shown. A relationship is there only when it is
		// asked for, so that of the roles the effective ones are compared.
		{Code: "USER-ROLES", Collection: "managed/user", Members: roles, Without: []string{"_id"},
			Source: rolesShown, Target: rolesAsSet, Says: "have effective roles for the names of their roles",
			Sure: Inferred, Origin: "a list of texts or one text with commas [31]; relationships [73]"},
		{Code: "EFFECTIVE-ROLES", Collection: "managed/user", Members: roles,
			Source: derivedOfSource, Target: derived, Says: "gained effectiveRoles, equal to their roles",
			Sure: Inferred, Origin: "effectiveRoles is a list of references [73]"},
		{Code: "NO-ASSIGNMENTS", Collection: "repo/managed/assignment", NotInSource: true,
			Says: "do not exist before 4", Sure: Read, Origin: "not in 3.1 [31], in 7.x [73]"},
		{Code: "NO-RELATIONSHIPS", Collection: "repo/relationships", NotInSource: true,
			Says: "do not exist before 4", Sure: Read, Origin: "not in 3.1 [31], in 7.x [73]"},
		{Code: "NO-INTERNAL-ROLES", Collection: "repo/internal/role", NotInSource: true,
			Says: "do not exist before 4", Sure: Read, Origin: "not in 3.1 [31], in 7.x [73]"},
		{Code: "STATIC-USERS", Collection: "repo/internal/user", Members: []string{"_id", "userName"},
			Source: static, Says: "are static in the target and in no table",
			Sure: Read, Origin: "openidm-admin and anonymous [71][73]"},
		{Code: "INTERNAL-USER-MEMBERS", Collection: "repo/internal/user",
			Members: []string{"userName", "roles", "needsResetPassword"},
			Source:  Dropped("userName", "roles", "needsResetPassword"),
			Says:    "lost userName, roles and needsResetPassword",
			Sure:    Read, Origin: "these three are taken off [71][73]"},
		{Code: "RELATIONSHIP-ENDS", Collection: "repo/relationships", Members: []string{"firstId", "secondId",
			"firstResourceCollection", "firstResourceId", "secondResourceCollection", "secondResourceId"},
			Source: ends, Says: "name the collections and the ids of their ends apart",
			Sure: Read, Origin: "sources of 4 to 5.5; repo/ before internal/ goes [73]"},
		{Code: "JOB-ENABLED", Collection: "repo/scheduler/job", Members: []string{"enabled"},
			Source: enabled, Says: "have enabled as true or false",
			Sure: Read, Origin: `absent means true, and it may be text [31]; boolean [doc]`},
		{Code: "SALESFORCE-CONNECTOR", Collection: Connectors, Members: []string{"connectorName", "objectTypes"},
			Source: salesforce, Says: "are of the class of 7.x, which need not have other types than User",
			Sure: Inferred, Origin: "no OpenICF connector, with nine types [31]; one with User in IDM [73][doc]"},
	}
}

// salesforce makes the connector of 3.x one of 7.x, with those of its object types
// that the target must have.
func salesforce(r Record) Effect {
	if string(r["connectorName"]) != `"org.forgerock.openidm.salesforce.Salesforce"` {
		return Untouched
	}
	r["connectorName"] = json.RawMessage(`"org.forgerock.openicf.connectors.salesforce.SalesforceConnector"`)
	var types []string
	err := json.Unmarshal(r["objectTypes"], &types)
	r["objectTypes"] = json.RawMessage(`[]`)
	if err == nil && slices.Contains(types, "User") {
		r["objectTypes"] = json.RawMessage(`["User"]`)
	}
	return Applied
}

// static are the two internal users whose old record, with a userName, goes.
func static(r Record) Effect {
	if _, old := r["userName"]; !old {
		return Untouched
	}
	if id := string(r["_id"]); id != `"openidm-admin"` && id != `"anonymous"` {
		return Untouched
	}
	delete(r, "_id")
	return Applied
}

func ends(r Record) Effect {
	effect := Untouched
	for _, end := range []string{"first", "second"} {
		path, ok := text(r[end+"Id"])
		if !ok {
			continue
		}
		path = strings.TrimPrefix(path, "repo/")
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			continue
		}
		delete(r, end+"Id")
		r[end+"ResourceCollection"], r[end+"ResourceId"] = quote(path[:i]), quote(path[i+1:])
		effect = Applied
	}
	return effect
}

func enabled(r Record) Effect {
	switch value, has := r["enabled"]; {
	case !has, bytes.Equal(value, []byte(`"true"`)):
		r["enabled"] = json.RawMessage("true")
	case bytes.Equal(value, []byte(`"false"`)):
		r["enabled"] = json.RawMessage("false")
	default:
		return Untouched
	}
	return Applied
}

// text decodes a string, and reports whether it is one.
func text(value json.RawMessage) (s string, ok bool) {
	ok = len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &s) == nil
	return s, ok
}

func quote(s string) json.RawMessage {
	out, _ := json.Marshal(s) // a string always can
	return out
}
