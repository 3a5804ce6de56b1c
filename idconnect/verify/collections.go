package verify

import (
	"fmt"
	"strings"
)

// Collection is a kind of record to compare.
type Collection struct {
	// Name as reports call it, such as "users".
	Name string
	// Resource is the path of the collection below the server's base URL, such
	// as "repo/managed/user". One that begins with "repo/managed/" is read as
	// "managed/…" on both servers if either does not show it.
	Resource string
	// Ignore names top-level members that are not compared. The member _rev is
	// never compared, at any depth: a migration does not keep it.
	Ignore []string
}

// DefaultCollections returns what a migration copies: managed users, roles,
// assignments and links. The first three are read from the repository, which
// shows encrypted members as they are stored.
func DefaultCollections() []Collection {
	return []Collection{
		{Name: "users", Resource: "repo/managed/user"},
		{Name: "roles", Resource: "repo/managed/role"},
		{Name: "assignments", Resource: "repo/managed/assignment"},
		{Name: "links", Resource: "repo/link"},
	}
}

// ParseCollections reads a comma-separated list of the names of
// [DefaultCollections]. Each may be given as its name, in the singular, or as
// its resource with or without "repo/": "users", "user", "managed/user" and
// "repo/managed/user" are the same. The empty list is [DefaultCollections]. It
// returns an error for an unknown or repeated name.
func ParseCollections(list string) ([]Collection, error) {
	known := DefaultCollections()
	if strings.TrimSpace(list) == "" {
		return known, nil
	}
	var out []Collection
	for word := range strings.SplitSeq(list, ",") {
		word = strings.Trim(strings.ToLower(strings.TrimSpace(word)), "/")
		found, ok := findCollection(known, word)
		if !ok {
			names := make([]string, len(known))
			for i, c := range known {
				names[i] = c.Name
			}
			return nil, fmt.Errorf("reading collections: %q is not known, known are %s", word,
				strings.Join(names, ", "))
		}
		for _, c := range out {
			if c.Name == found.Name {
				return nil, fmt.Errorf("reading collections: %s is given twice", found.Name)
			}
		}
		out = append(out, found)
	}
	return out, nil
}

func findCollection(known []Collection, word string) (Collection, bool) {
	for _, c := range known {
		stored := strings.TrimPrefix(c.Resource, "repo/")
		short := stored[strings.LastIndexByte(stored, '/')+1:]
		switch word {
		case c.Name, c.Resource, stored, short:
			return c, true
		}
	}
	return Collection{}, false
}
