package repair

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// ends looks up in the target what a record refers to.
type ends struct {
	target   *openidm.Client
	there    map[string]bool // by path below the base URL
	mappings []mapping
	isRead   bool
}

// mapping is one of the target's configuration.
type mapping struct {
	Name, Source, Target string
	Links                string // the link type, where that is another mapping's name
}

// add notes that a record is there, or will be.
func (e *ends) add(path string) { e.there[path] = true }

// missing names something that a record refers to and that the target does not
// have, "" where there is all.
func (e *ends) missing(ctx context.Context, resource string, changed, whole map[string]json.RawMessage) (
	why string, err error,
) {
	switch resource {
	case "repo/link":
		return e.ofLink(ctx, whole)
	case "repo/relationships":
		for _, end := range []string{"first", "second"} {
			collection, id := textOf(whole[end+"ResourceCollection"]), textOf(whole[end+"ResourceId"])
			if collection == "" || id == "" {
				return fmt.Sprintf("its %s end is not named", end), nil
			}
			if why, err := e.lacks(ctx, end+" end", collection, id); why != "" || err != nil {
				return why, err
			}
		}
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		for _, ref := range refsIn(changed[name]) {
			i := strings.LastIndexByte(ref, '/')
			if i < 0 {
				return fmt.Sprintf("its member %s refers to something that is not a path", name), nil
			}
			if why, err := e.lacks(ctx, "member "+name, ref[:i], ref[i+1:]); why != "" || err != nil {
				return why, err
			}
		}
	}
	return "", nil
}

// ofLink looks up both ends of a link, in the resources that its mapping names.
func (e *ends) ofLink(ctx context.Context, link map[string]json.RawMessage) (why string, err error) {
	kind := textOf(link["linkType"])
	if !e.isRead {
		var sync struct {
			Mappings []mapping `json:"mappings"`
		}
		if err := e.target.Config(ctx, "sync", &sync); err != nil && !errors.Is(err, openidm.ErrNotFound) {
			return "", err
		}
		e.mappings, e.isRead = sync.Mappings, true
	}
	i := slices.IndexFunc(e.mappings, func(m mapping) bool { return m.Name == kind })
	if i < 0 {
		i = slices.IndexFunc(e.mappings, func(m mapping) bool { return m.Links == kind })
	}
	if i < 0 || kind == "" {
		return fmt.Sprintf("the target has no mapping %q, to whose links it belongs", kind), nil
	}
	m := e.mappings[i]
	if why, err = e.lacks(ctx, "first end", m.Source, textOf(link["firstId"])); why != "" || err != nil {
		return why, err
	}
	return e.lacks(ctx, "second end", m.Target, textOf(link["secondId"]))
}

// lacks says that a record is not there, "" if it is. Nothing but repo/… is asked
// where that holds the record: the other paths run scripts. The _id of an object of
// a connected system is read there.
func (e *ends) lacks(ctx context.Context, what, collection, id string) (why string, err error) {
	collection = strings.Trim(collection, "/")
	switch {
	case id == "" || id == "." || id == "..":
		return fmt.Sprintf("its %s has no id", what), nil
	case strings.HasPrefix(collection, "managed/"), strings.HasPrefix(collection, "internal/"):
		collection = "repo/" + collection
	case !strings.HasPrefix(collection, "repo/") && !strings.HasPrefix(collection, "system/"):
		return fmt.Sprintf("its %s is in %s, where it cannot be looked up", what, collection), nil
	}
	path := collection + "/" + url.PathEscape(id)
	there, known := e.there[path]
	if !known {
		var raw json.RawMessage
		err := e.target.Read(ctx, path, &raw, "_id")
		if err != nil && strings.HasPrefix(collection, "system/") && ctx.Err() == nil &&
			!errors.Is(err, openidm.ErrNotFound) {
			// The connector's trouble is not the server's.
			return fmt.Sprintf("its %s in %s cannot be looked up: test the connector of the target", what,
				collection), nil
		}
		if err != nil && !errors.Is(err, openidm.ErrNotFound) {
			return "", err
		}
		there = err == nil
		e.there[path] = there
	}
	if !there {
		return fmt.Sprintf("its %s is not there: the target has no %s", what, path), nil
	}
	return "", nil
}

// refsIn returns where the references in a value lead: one, or a list of them.
func refsIn(value json.RawMessage) (refs []string) {
	type reference struct {
		Ref string `json:"_ref"`
	}
	var one reference
	if json.Unmarshal(value, &one) == nil && one.Ref != "" {
		return []string{one.Ref}
	}
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return nil
	}
	for _, item := range list {
		var one reference
		if json.Unmarshal(item, &one) == nil && one.Ref != "" {
			refs = append(refs, one.Ref)
		}
	}
	return refs
}

// textOf is a string, "" for anything else.
func textOf(value json.RawMessage) (s string) {
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}
