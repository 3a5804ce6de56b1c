// Package carry takes the path of a record apart, and says what a migration makes
// of the record, by the rows of a table of changes. Begin with [Split] and [Apply].
package carry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/internal/text"
)

// ErrLeftBehind means that a correct migration does not copy a record.
var ErrLeftBehind = errors.New("a migration leaves this record behind")

// Of returns the rows of a table that rewrite the records of a collection.
func Of(rows []changes.Change, collection string) (of []changes.Change) {
	for _, row := range rows {
		if row.Collection == collection && !row.NotInSource {
			of = append(of, row)
		}
	}
	return of
}

// Rules returns the rewriting of one server's records by rows, nil without any:
// by their Source, or by their Target.
func Rules(rows []changes.Change, target bool) *digest.Rules {
	if len(rows) == 0 {
		return nil
	}
	var rules digest.Rules
	for _, row := range rows {
		for _, name := range row.Members {
			if !slices.Contains(rules.Members, name) {
				rules.Members = append(rules.Members, name)
			}
		}
		rules.Without = append(rules.Without, row.Without...)
	}
	rules.Apply = func(members map[string]json.RawMessage) (found digest.Effects) {
		for i, row := range rows {
			apply := row.Source
			if target {
				apply = row.Target
			}
			if apply != nil {
				found.Add(i, int(apply(members)))
			}
		}
		return found
	}
	return &rules
}

// Apply returns the members of a record as a migration by rows should have left
// them: raw is the record of the source, and rows are those of its collection, see
// [Of]. A member that no row rewrites keeps its bytes, and _rev is left out. The
// error is [ErrLeftBehind] for a record that is not to be copied; a row that would
// rewrite an encrypted value is an error, too.
func Apply(rows []changes.Change, raw json.RawMessage) (map[string]json.RawMessage, error) {
	var record map[string]json.RawMessage
	if err := json.Unmarshal(raw, &record); err != nil || record == nil {
		return nil, errors.New("applying what a migration changes: the record is not a JSON object")
	}
	delete(record, "_rev")
	rules := Rules(rows, false)
	if rules == nil {
		return record, nil
	}
	members := changes.Record{}
	for _, name := range rules.Members {
		if value, has := record[name]; has {
			canonical, err := rules.Canonical(value)
			if err != nil {
				return nil, fmt.Errorf("applying what a migration changes to member %s: %w", name, err)
			}
			members[name] = canonical
		}
	}
	before := maps.Clone(members)
	rules.Apply(members)
	if _, had := before["_id"]; had && members["_id"] == nil {
		return nil, ErrLeftBehind
	}
	for _, name := range rules.Members {
		value, has := members[name]
		switch {
		case name == "_id" || bytes.Equal(value, before[name]):
		case !has:
			delete(record, name)
		case bytes.Contains(value, []byte(`"$crypto"`)):
			return nil, fmt.Errorf("applying what a migration changes to member %s: it holds an encrypted value", name)
		default:
			record[name] = value
		}
	}
	return record, nil
}

// resourcePath is a resource with a collection, as lists of ids have it.
var resourcePath = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)+$`)

// Split takes a path of a list of records apart, such as
// "repo/managed/user/a%2Fb": the resource, "repo/managed/user", and the id,
// unescaped.
func Split(path string) (resource, id string, err error) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 || !resourcePath.MatchString(path[:i]) {
		return "", "", fmt.Errorf("%q is not the path of a record", text.Line(path))
	}
	id, err = url.PathUnescape(path[i+1:])
	// What a path can say otherwise is no id: a server would read it as another path.
	if err != nil || id == "" || id == "." || id == ".." || url.PathEscape(id) != path[i+1:] || !utf8.ValidString(id) {
		return "", "", fmt.Errorf("%q does not end in an id as verify writes it", text.Line(path))
	}
	return path[:i], id, nil
}
