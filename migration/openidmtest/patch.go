package openidmtest

import (
	"net/http"
	"slices"
	"strconv"
)

// maxPatch bounds the number of operations in one patch.
const maxPatch = 10_000

// applyPatch returns a changed copy of a record and the names of the members
// that the patch touches. Operations are those of ForgeRock's common REST.
func applyPatch(old record, body any) (record, []string, *restError) {
	ops, ok := body.([]any)
	if !ok {
		return nil, nil, fail(http.StatusBadRequest, "The request could not be processed because the provided content is not a JSON array")
	}
	if len(ops) > maxPatch {
		return nil, nil, fail(http.StatusBadRequest, "The request could not be processed because it has more than %d operations", maxPatch)
	}
	text, err := encodeJSON(old)
	if err != nil {
		return nil, nil, fail(http.StatusInternalServerError, "%v", err)
	}
	next := record{}
	if err := decodeJSON(text, &next); err != nil {
		return nil, nil, fail(http.StatusInternalServerError, "%v", err)
	}
	var fields []string
	for _, one := range ops {
		op, _ := one.(record)
		name, ok := op["operation"].(string)
		if !ok {
			return nil, nil, fail(http.StatusBadRequest, "/0/operation: Expecting a value")
		}
		field, ok := op["field"].(string)
		if !ok {
			return nil, nil, fail(http.StatusBadRequest, "/0/field: Expecting a value")
		}
		pointer := parsePointer(field)
		if !slices.Contains(fields, pointer[0]) {
			fields = append(fields, pointer[0])
		}
		var changed any
		var e *restError
		if name == "move" || name == "copy" {
			from, ok := op["from"].(string)
			if !ok {
				return nil, nil, fail(http.StatusBadRequest, "/0/from: Expecting a value")
			}
			v, found := lookup(next, parsePointer(from))
			if !found {
				continue
			}
			if name == "move" {
				if changed, e = patchAt(next, parsePointer(from), "remove", nil, false); e != nil {
					return nil, nil, e
				}
				next = changed.(record)
			}
			changed, e = patchAt(next, pointer, "add", v, true)
		} else {
			v, given := op["value"]
			changed, e = patchAt(next, pointer, name, v, given)
		}
		if e != nil {
			return nil, nil, e
		}
		next = changed.(record)
	}
	return next, fields, nil
}

// patchAt returns v with one operation carried out below it.
func patchAt(v any, pointer []string, op string, value any, given bool) (any, *restError) {
	if len(pointer) > 0 {
		switch x := v.(type) {
		case record:
			child, exists := x[pointer[0]]
			if !exists && op == "remove" {
				return x, nil
			}
			if !exists && len(pointer) > 1 {
				child = record{}
			}
			if len(pointer) == 1 && op == "remove" && (!given || value == nil) {
				delete(x, pointer[0])
				return x, nil
			}
			child, e := patchAt(child, pointer[1:], op, value, given)
			if e != nil {
				return nil, e
			}
			x[pointer[0]] = child
			return x, nil
		case []any:
			if pointer[0] == "-" && len(pointer) == 1 && op == "add" {
				return append(x, value), nil
			}
			i, err := strconv.Atoi(pointer[0])
			if err != nil || i < 0 || i >= len(x) {
				return nil, fail(http.StatusBadRequest, "The list has no element '%s'", pointer[0])
			}
			if len(pointer) == 1 && op == "remove" {
				return slices.Delete(x, i, i+1), nil
			}
			child, e := patchAt(x[i], pointer[1:], op, value, given)
			if e != nil {
				return nil, e
			}
			x[i] = child
			return x, nil
		case nil:
			if pointer[0] == "-" && op == "add" {
				return []any{value}, nil
			}
		}
		return nil, fail(http.StatusBadRequest, "The field '%s' is not inside an object", pointer[0])
	}
	switch op {
	case "add":
		if x, ok := v.([]any); ok {
			if more, ok := value.([]any); ok {
				return append(x, more...), nil
			}
			return append(x, value), nil
		}
		return value, nil
	case "replace":
		return value, nil
	case "remove":
		if x, ok := v.([]any); ok {
			return slices.DeleteFunc(x, func(one any) bool { n, ok := order(one, value); return ok && n == 0 }), nil
		}
		if n, ok := order(v, value); ok && n == 0 {
			return nil, nil
		}
		return v, nil
	case "increment":
		a, ok := number(v)
		b, ok2 := number(value)
		if !ok || !ok2 {
			return nil, fail(http.StatusBadRequest, "The field is not a number")
		}
		sum, _ := a.Add(a, b).Float64()
		return sum, nil
	}
	return nil, fail(http.StatusBadRequest, "Unsupported patch operation: %s", op)
}
