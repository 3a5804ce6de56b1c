package keystore

import (
	"bytes"
	"encoding/json"
)

// jsonChecker says of what is written to it in pieces whether it is one JSON
// value, as [json.Valid] does, without keeping any of it.
type jsonChecker struct {
	state   jsonState
	literal string // what must follow of true, false, null or an escape's digits
	depth   int
	objects [maxJSONDepth/8 + 1]byte // which levels are objects, a bit each
}

// maxJSONDepth is that of encoding/json.
const maxJSONDepth = 10_000

type jsonState uint8

const (
	jsonValue      jsonState = iota // a value must come
	jsonFirst                       // a value or the array's end
	jsonFirstName                   // a name or the object's end
	jsonName                        // a name must come
	jsonNameString                  // within a name
	jsonColon
	jsonAfter // a value is complete
	jsonString
	jsonEscape     // after a backslash in a string
	jsonNameEscape // after one in a name
	jsonHex        // literal has a mark for each digit to come
	jsonNameHex
	jsonLiteral
	jsonMinus
	jsonZero
	jsonDigits
	jsonPoint
	jsonFraction
	jsonE
	jsonESign
	jsonExponent
	jsonBroken
)

func (c *jsonChecker) isObject() bool { return c.objects[c.depth/8]&(1<<(c.depth%8)) != 0 }

func (c *jsonChecker) push(object bool) jsonState {
	if c.depth == maxJSONDepth {
		return jsonBroken
	}
	c.depth++
	c.objects[c.depth/8] &^= 1 << (c.depth % 8)
	if object {
		c.objects[c.depth/8] |= 1 << (c.depth % 8)
		return jsonFirstName
	}
	return jsonFirst
}

// pop ends an object or an array.
func (c *jsonChecker) pop(object bool) jsonState {
	if c.depth == 0 || c.isObject() != object {
		return jsonBroken
	}
	c.depth--
	return jsonAfter
}

func (c *jsonChecker) Write(b []byte) (int, error) {
	for _, x := range b {
		c.state = c.step(x)
	}
	return len(b), nil
}

// valid says that a whole value was written.
func (c *jsonChecker) valid() bool {
	switch c.state {
	case jsonAfter, jsonZero, jsonDigits, jsonFraction, jsonExponent:
		return c.depth == 0
	}
	return false
}

func isDigit(x byte) bool { return '0' <= x && x <= '9' }

func isHex(x byte) bool {
	return isDigit(x) || 'a' <= x && x <= 'f' || 'A' <= x && x <= 'F'
}

func (c *jsonChecker) step(x byte) jsonState {
	space := x == ' ' || x == '\t' || x == '\n' || x == '\r'
	switch s := c.state; s {
	case jsonValue, jsonFirst:
		if space {
			return s
		}
		if x == ']' && s == jsonFirst {
			return c.pop(false)
		}
		return c.begin(x)
	case jsonFirstName, jsonName:
		switch {
		case space:
			return s
		case x == '"':
			return jsonNameString
		case x == '}' && s == jsonFirstName:
			return c.pop(true)
		}
	case jsonColon:
		if space {
			return s
		}
		if x == ':' {
			return jsonValue
		}
	case jsonString, jsonNameString:
		switch {
		case x == '"' && s == jsonString:
			return jsonAfter
		case x == '"':
			return jsonColon
		case x == '\\' && s == jsonString:
			return jsonEscape
		case x == '\\':
			return jsonNameEscape
		case x >= 0x20:
			return s
		}
	case jsonEscape, jsonNameEscape:
		back, digits := jsonString, jsonHex
		if s == jsonNameEscape {
			back, digits = jsonNameString, jsonNameHex
		}
		switch x {
		case 'b', 'f', 'n', 'r', 't', '\\', '/', '"':
			return back
		case 'u':
			c.literal = "...."
			return digits
		}
	case jsonHex, jsonNameHex:
		if !isHex(x) {
			return jsonBroken
		}
		if c.literal = c.literal[1:]; c.literal != "" {
			return s
		}
		if s == jsonHex {
			return jsonString
		}
		return jsonNameString
	case jsonLiteral:
		if x != c.literal[0] {
			return jsonBroken
		}
		if c.literal = c.literal[1:]; c.literal != "" {
			return s
		}
		return jsonAfter
	default:
		return c.number(x, space)
	}
	return jsonBroken
}

// begin is the first byte of a value.
func (c *jsonChecker) begin(x byte) jsonState {
	switch x {
	case '{', '[':
		return c.push(x == '{')
	case '"':
		return jsonString
	case '-':
		return jsonMinus
	case '0':
		return jsonZero
	case 't':
		c.literal = "rue"
		return jsonLiteral
	case 'f':
		c.literal = "alse"
		return jsonLiteral
	case 'n':
		c.literal = "ull"
		return jsonLiteral
	}
	if isDigit(x) {
		return jsonDigits
	}
	return jsonBroken
}

// number goes on with a number, or with what follows a value.
func (c *jsonChecker) number(x byte, space bool) jsonState {
	digit, e := isDigit(x), x == 'e' || x == 'E'
	switch s := c.state; {
	case s == jsonMinus && x == '0':
		return jsonZero
	case digit && (s == jsonMinus || s == jsonDigits):
		return jsonDigits
	case x == '.' && (s == jsonZero || s == jsonDigits):
		return jsonPoint
	case digit && (s == jsonPoint || s == jsonFraction):
		return jsonFraction
	case e && (s == jsonZero || s == jsonDigits || s == jsonFraction):
		return jsonE
	case s == jsonE && (x == '+' || x == '-'):
		return jsonESign
	case digit && (s == jsonE || s == jsonESign || s == jsonExponent):
		return jsonExponent
	case s == jsonMinus, s == jsonPoint, s == jsonE, s == jsonESign, s == jsonBroken:
		return jsonBroken
	case space:
		return jsonAfter
	case x == '}' || x == ']':
		return c.pop(x == '}')
	case x == ',' && c.depth > 0 && c.isObject():
		return jsonName
	case x == ',' && c.depth > 0:
		return jsonValue
	}
	return jsonBroken
}

// members calls f for each member of an object, with its value as it stands
// there. The text must be valid JSON; false when it is no object.
func members(text []byte, f func(name string, value []byte)) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	for i := 1; ; {
		for i < len(text) && text[i] != '"' && text[i] != '}' {
			i++ // spaces and a comma
		}
		if i >= len(text) || text[i] == '}' {
			return true
		}
		end := valueEnd(text, i)
		var name string
		if end-i < 100 && json.Unmarshal(text[i:end], &name) != nil {
			return false
		}
		for i = end; i < len(text) && text[i] != ':'; i++ {
		}
		if i++; i >= len(text) {
			return false
		}
		end = valueEnd(text, i)
		f(name, bytes.TrimSpace(text[i:end]))
		i = end
	}
}

// valueEnd is where the value at i ends, in valid JSON.
func valueEnd(text []byte, i int) int {
	depth, inside, begun := 0, false, false
	for ; i < len(text); i++ {
		switch x := text[i]; {
		case inside && x == '\\':
			i++
			continue
		case x == '"':
			inside = !inside
			begun = true
		case inside:
			continue
		case x == '{' || x == '[':
			depth++
			begun = true
		case x == '}' || x == ']':
			if depth == 0 {
				return i
			}
			depth--
		case x == ',' && depth == 0:
			return i
		case x == ' ' || x == '\t' || x == '\n' || x == '\r':
			continue
		default: // of a number or a word, which end at a comma or a bracket
			continue
		}
		if begun && depth == 0 && !inside {
			return i + 1
		}
	}
	return len(text)
}
