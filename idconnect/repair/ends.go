package repair

import (
	"context"
	"encoding/json"
	"errors"
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

// check refuses a record that refers to something that the target does not have.
func (e *ends) check(ctx context.Context, resource string, changed, whole map[string]json.RawMessage) error {
	switch resource {
	case "repo/link":
		return e.ofLink(ctx, whole)
	case "repo/relationships":
		for _, end := range []string{"first", "second"} {
			collection, id := textOf(whole[end+"ResourceCollection"]), textOf(whole[end+"ResourceId"])
			if collection == "" || id == "" {
				return refusef("its %s end is not named", end)
			}
			if err := e.has(ctx, end+" end", collection, id); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		for _, ref := range refsIn(changed[name]) {
			i := strings.LastIndexByte(ref, '/')
			if i < 0 {
				return refusef("its member %s refers to something that is not a path", name)
			}
			if err := e.has(ctx, "member "+name, ref[:i], ref[i+1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofLink looks up both ends of a link, in the resources that its mapping names.
func (e *ends) ofLink(ctx context.Context, link map[string]json.RawMessage) error {
	kind := textOf(link["linkType"])
	if !e.isRead {
		var sync struct {
			Mappings []mapping `json:"mappings"`
		}
		if err := e.target.Config(ctx, "sync", &sync); err != nil && !errors.Is(err, openidm.ErrNotFound) {
			return err
		}
		e.mappings, e.isRead = sync.Mappings, true
	}
	i := slices.IndexFunc(e.mappings, func(m mapping) bool { return m.Name == kind })
	if i < 0 {
		i = slices.IndexFunc(e.mappings, func(m mapping) bool { return m.Links == kind })
	}
	if i < 0 || kind == "" {
		return refusef("the target has no mapping %q, to whose links it belongs", kind)
	}
	m := e.mappings[i]
	if err := e.has(ctx, "first end", m.Source, textOf(link["firstId"])); err != nil {
		return err
	}
	return e.has(ctx, "second end", m.Target, textOf(link["secondId"]))
}

// has refuses a record of which something is not there. Nothing but repo/… is asked
// where that holds it: the other paths run scripts. The _id of an object of
// a connected system is read there.
func (e *ends) has(ctx context.Context, what, collection, id string) error {
	collection = strings.Trim(collection, "/")
	switch {
	case id == "" || id == "." || id == "..":
		return refusef("its %s has no id", what)
	case strings.HasPrefix(collection, "managed/"), strings.HasPrefix(collection, "internal/"):
		collection = "repo/" + collection
	case !strings.HasPrefix(collection, "repo/") && !strings.HasPrefix(collection, "system/"):
		return refusef("its %s is in %s, where it cannot be looked up", what, collection)
	}
	path := collection + "/" + url.PathEscape(id)
	there, known := e.there[path]
	if !known {
		var raw json.RawMessage
		err := e.target.Read(ctx, path, &raw, "_id")
		switch there = err == nil; {
		case there, errors.Is(err, openidm.ErrNotFound):
		case strings.HasPrefix(collection, "system/") && ctx.Err() == nil: // the connector's trouble, not the server's
			return refusef("its %s in %s cannot be looked up: test the connector of the target", what, collection)
		default:
			return err
		}
		e.there[path] = there
	}
	if !there {
		return refusef("its %s is not there: the target has no %s", what, path)
	}
	return nil
}

// refsIn returns where the references in a value lead: one, or a list of them.
func refsIn(value json.RawMessage) (refs []string) {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		list = []json.RawMessage{value}
	}
	for _, item := range list {
		var one struct {
			Ref string `json:"_ref"`
		}
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
