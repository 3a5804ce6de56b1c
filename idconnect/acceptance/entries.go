package acceptance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// entries are the connectors of a server, or its mappings.
type entries[T entry] struct {
	all []T    // by name
	why string // they could not be read, "" they could
}

type entry interface {
	called() string
	about() kinds
}

// ofKind are those that are of one of the kinds.
func (e entries[T]) ofKind(k kinds) []T {
	return slices.DeleteFunc(slices.Clone(e.all), func(x T) bool { return x.about()&k == 0 })
}

func (e entries[T]) named(name string) (found T, ok bool) {
	i := slices.IndexFunc(e.all, func(x T) bool { return x.called() == name })
	if i < 0 {
		return found, false
	}
	return e.all[i], true
}

func (e entries[T]) sort() {
	slices.SortFunc(e.all, func(a, b T) int { return strings.Compare(a.called(), b.called()) })
}

// compareEntries compares the mappings or connectors of the source that are of a known
// kind with those of the target of the same names: compare says what must not differ, and
// what may. As is the word between one of them and its kind.
func compareEntries[T entry](c *verify.Check, what, as, remedy string, source, target entries[T],
	compare func(a, b T) (must, may []string)) {
	if why := cmp.Or(source.why, target.why); why != "" {
		skip(c, "%s", why)
		return
	}
	const either = salesforce | directory
	here, there := source.ofKind(either), target.ofKind(either)
	if len(here) == 0 {
		skip(c, "none of the source's %s is recognised as one %s %s", text.Plural(len(source.all), what), as, either)
		return
	}
	c.Source, c.Target = int64(len(here)), int64(len(there))
	var missing, changed, other, wrong []string
	note := func(list *[]string, name string, what []string) {
		if len(what) > 0 {
			*list = append(*list, fmt.Sprintf("%s (%s)", name, strings.Join(what, ", ")))
		}
	}
	for _, a := range here {
		b, ok := target.named(a.called())
		if !ok {
			missing = append(missing, a.called())
			continue
		}
		must, may := compare(a, b)
		note(&changed, a.called(), must)
		note(&other, a.called(), may)
	}
	var also string
	if len(other) > 0 {
		also += "; also different, and no failure: " + list(other)
	}
	if unknown := len(source.all) - len(here); unknown > 0 {
		also += fmt.Sprintf("; not compared: %s of another kind", text.Plural(unknown, what))
	}
	if len(missing) > 0 {
		wrong = append(wrong, "not in the target: "+list(missing))
	}
	if len(changed) > 0 {
		wrong = append(wrong, "different: "+list(changed))
	}
	if len(wrong) > 0 {
		fail(c, remedy, "%s%s", strings.Join(wrong, "; "), also)
		return
	}
	pass(c, "all of the source's are in the target%s", also)
}

// namesOf are the names in both, sorted.
func namesOf[V any](a, b map[string]V) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

func sameMembers(a, b map[string]json.RawMessage) bool {
	for _, name := range namesOf(a, b) {
		if !sameJSON(a[name], b[name]) {
			return false
		}
	}
	return true
}

// sameJSON compares two values by their canonical form; what is not there is
// the same as null in a configuration.
func sameJSON(a, b json.RawMessage) bool {
	text := func(raw json.RawMessage) string {
		if len(raw) == 0 {
			return "null"
		}
		out, err := digest.Canonical(raw)
		if err != nil {
			return string(raw)
		}
		return string(out)
	}
	return text(a) == text(b)
}
