package crest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxPatch bounds the number of operations in one patch.
const maxPatch = 10_000

// patchOperation is one step of a patch of ForgeRock's common REST.
type patchOperation struct {
	name, text  string // text is the field as it was sent
	field, from []string
	value       any
}

var patchNames = []string{"add", "copy", "increment", "move", "remove", "replace", "transform"}

// parsePatch checks a patch as the server does before it looks for the
// resource.
func parsePatch(body any) ([]patchOperation, *Error) {
	steps, ok := body.([]any)
	if !ok {
		return nil, unprocessable("the provided content is not a JSON array of patch operations")
	}
	if len(steps) > maxPatch {
		return nil, unprocessable("it has more than %d operations", maxPatch)
	}
	var ops []patchOperation
	for i, one := range steps {
		step, ok := one.(Record)
		if !ok {
			return nil, unprocessable("the provided content is not a valid JSON patch")
		}
		op, problem := parsePatchOperation(step)
		for _, name := range []string{"operation", "field"} {
			if _, isText := step[name].(string); step[name] != nil && !isText {
				problem = fmt.Sprintf("/%d/%s: Expecting a java.lang.String", i, name)
				break
			}
		}
		if problem != "" {
			return nil, unprocessable("the provided content is not a valid JSON patch: %s", problem)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// parsePatchOperation returns a problem in the server's words, "" for none.
func parsePatchOperation(step Record) (op patchOperation, problem string) {
	name, hasName := step["operation"].(string)
	field, hasField := step["field"].(string)
	from, hasFrom := step["from"].(string)
	op = patchOperation{
		name: strings.ToLower(name), text: "/" + strings.TrimPrefix(field, "/"),
		field: ParsePointer(field), from: ParsePointer(from), value: step["value"],
	}
	switch {
	case !hasName:
		return op, "Cannot instantiate PatchOperation with null 'operation' value"
	case !hasField:
		return op, "Cannot instantiate PatchOperation with null 'field' value"
	case !slices.Contains(patchNames, op.name):
		return op, fmt.Sprintf("Invalid patch operation type %s", name)
	}
	switch op.name {
	case "add", "increment", "replace", "transform":
		if op.value == nil {
			return op, fmt.Sprintf("No value field provided for '%s' operation", name)
		}
		if _, isNumber := op.value.(json.Number); op.name == "increment" && !isNumber {
			return op, "Non-numeric value provided for increment operation"
		}
	case "copy", "move":
		if !hasFrom || from == "" {
			return op, fmt.Sprintf("No from field provided for '%s' operation", name)
		}
		if op.value != nil {
			return op, fmt.Sprintf("'%s' does not accept value field", name)
		}
		return op, ""
	}
	if hasFrom {
		return op, fmt.Sprintf("'%s' does not accept from field", name)
	}
	return op, ""
}

// Patch returns a changed copy of a record and the names of the members
// that the patch touches.
func Patch(old Record, body any) (Record, []string, *Error) {
	ops, e := parsePatch(body)
	if e != nil {
		return nil, nil, e
	}
	text, err := Encode(old)
	if err != nil {
		return nil, nil, InternalError("%v", err)
	}
	next := Record{}
	if err := Decode(text, &next); err != nil {
		return nil, nil, InternalError("%v", err)
	}
	var fields []string
	for _, op := range ops {
		if !slices.Contains(fields, op.field[0]) {
			fields = append(fields, op.field[0])
		}
		if e := op.apply(next); e != nil {
			return nil, nil, e
		}
	}
	return next, fields, nil
}

var digit = regexp.MustCompile(`^\d$`)

func (op patchOperation) apply(r Record) *Error {
	if op.field[0] == "" {
		return InternalError("Internal Server Error")
	}
	at := op.field
	if op.name == "move" || op.name == "copy" {
		at = op.from
	}
	if parent, ok := Lookup(r, at[:len(at)-1]); ok && digit.MatchString(at[len(at)-1]) {
		if _, isList := parent.([]any); isList {
			return BadRequest("Position-based operation is not allowed: /%s", strings.Join(at, "/"))
		}
	}
	current, exists := Lookup(r, at)
	switch op.name {
	case "add", "replace":
		return put(r, op.field, op.value)
	case "remove":
		list, isList := current.([]any)
		switch {
		case !exists || current == nil:
		case op.value != nil && isList:
			return put(r, at, slices.DeleteFunc(list, func(one any) bool { return reflect.DeepEqual(one, op.value) }))
		case op.value == nil || reflect.DeepEqual(current, op.value):
			removeAt(r, at)
		}
		return nil
	case "increment":
		if !exists {
			return BadRequest("The field '%s' does not exist", op.text)
		}
		list, isList := current.([]any)
		if !isList {
			list = []any{current}
		}
		for i, one := range list {
			n, ok := Number(one)
			by, _ := Number(op.value)
			if !ok || by == nil {
				return BadRequest("The field '%s' is not a number", op.text)
			}
			if n.IsInt() && !by.IsInt() {
				whole, _ := by.Int(nil) // a whole number stays one
				by.SetInt(whole)
			}
			list[i] = json.Number(n.Add(n, by).Text('g', -1))
		}
		if isList {
			return put(r, at, list)
		}
		return put(r, at, list[0])
	case "move", "copy":
		if current == nil {
			return nil
		}
		if op.name == "move" {
			removeAt(r, op.from)
		}
		return put(r, op.field, current)
	}
	// Measured, but without a body: a transformation is never carried out.
	return InternalError("Operation %s is not supported", op.name)
}

// put sets a value and makes the objects on the way to it.
func put(r Record, pointer []string, value any) *Error {
	at := r
	for i, name := range pointer[:len(pointer)-1] {
		switch next := at[name].(type) {
		case Record:
			at = next
		case nil:
			if i == len(pointer)-2 && pointer[i+1] == "-" {
				at[name] = []any{value}
				return nil
			}
			made := Record{}
			at[name] = made
			at = made
		case []any:
			if i == len(pointer)-2 && pointer[i+1] == "-" {
				at[name] = append(next, value)
				return nil
			}
			return putInList(next, pointer[i+1:], value)
		default:
			return InternalError("/%s: Expecting a Map or List",
				strings.Join(pointer[:i+1], "/"))
		}
	}
	at[pointer[len(pointer)-1]] = value
	return nil
}

func putInList(list []any, pointer []string, value any) *Error {
	i, err := strconv.Atoi(pointer[0])
	if err != nil || i < 0 || i >= len(list) {
		return BadRequest("The list has no element '%s'", pointer[0])
	}
	if len(pointer) == 1 {
		list[i] = value
		return nil
	}
	one, ok := list[i].(Record)
	if !ok {
		return BadRequest("The element '%s' is not an object", pointer[0])
	}
	return put(one, pointer[1:], value)
}

func removeAt(r Record, pointer []string) {
	parent, _ := Lookup(r, pointer[:len(pointer)-1])
	if object, ok := parent.(Record); ok {
		delete(object, pointer[len(pointer)-1])
	}
}
