package acceptance

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/changes"
)

// expected is what of a connector must be the same on both servers: the class and
// the object types, in the form into which the expected changes of a migration bring
// those of both.
type expected struct {
	class   string
	types   []string
	because []string // the codes of the changes that explained something
}

func (t *checker) expected(side int, c connector) expected {
	class, _ := json.Marshal(c.Ref.Name)
	types, _ := json.Marshal(c.types()) // texts always can
	r := changes.Record{"connectorName": class, "objectTypes": types}
	out := expected{class: c.Ref.Name, types: c.types()}
	for _, row := range t.compared.Changes {
		apply := [2]func(changes.Record) changes.Effect{row.Source, row.Target}[side]
		if row.Collection == changes.Connectors && apply != nil && apply(r) == changes.Applied {
			out.because = append(out.because, fmt.Sprintf("%s, %s", row.Code, row.Sure))
		}
	}
	// A row that writes what is no text, or no list of texts, explains nothing.
	if json.Unmarshal(r["connectorName"], &out.class) != nil || json.Unmarshal(r["objectTypes"], &out.types) != nil {
		return expected{class: c.Ref.Name, types: c.types()}
	}
	return out
}

// differ names what must not differ.
func (e expected) differ(target expected) (must []string) {
	if e.class != target.class {
		must = append(must, "class")
	}
	for _, name := range e.types {
		if !slices.Contains(target.types, name) {
			must = append(must, "object type "+name)
		}
	}
	return must
}
