package openidmtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/keys"
)

var (
	encryptCall = regexp.MustCompile(`^\s*(?:return\s+)?openidm\.encrypt\(\s*(\w+)\s*,\s*` +
		`(?:null|'AES/CBC/PKCS5Padding'|"AES/CBC/PKCS5Padding")\s*,\s*['"]([^'"]*)['"]\s*\)\s*;?\s*$`)
	decryptCall = regexp.MustCompile(`^\s*openidm\.decrypt\(\s*(\w+)\s*\)\s*;?\s*$`)
	bareName    = regexp.MustCompile(`^[A-Za-z_$][\w$]*$`)
	throwCall   = regexp.MustCompile(`(?s)^\s*throw\s+(\{.*\})\s*;?\s*$`)
)

// script serves script?_action=eval. It is no interpreter: it understands a
// call of openidm.encrypt or openidm.decrypt with a global, a global or a
// value alone, and a throw of an object; anything else is refused.
func (s *Server) script(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) > 1 {
		return nil, crest.NotFound(c.Path)
	}
	if c.Operation != "action" {
		return nil, crest.Unsupported(c.Request)
	}
	if c.Action != "eval" {
		return nil, crest.ExpectingOneOf("compile eval")
	}
	body, _ := c.Body.(record)
	text, _ := body["source"].(string)
	globals, _ := body["globals"].(record)
	if m := encryptCall.FindStringSubmatch(text); m != nil {
		value, ok := globals[m[1]]
		if !ok {
			return nil, crest.InternalError(`ReferenceError: "%s" is not defined.`, m[1])
		}
		_, known := s.Keystore().Entry(m[2])
		if m[2] != keys.SymmetricAlias || !known {
			return nil, crest.InternalError("Encryption key %s not found", m[2])
		}
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		return &crest.Result{Body: s.world.vault.Encrypt(value)}, nil
	}
	if m := throwCall.FindStringSubmatch(text); m != nil {
		thrown := record{}
		if err := crest.Decode([]byte(jsonOfScript(m[1])), &thrown); err == nil {
			return nil, thrownError(thrown)
		}
	}
	if m := decryptCall.FindStringSubmatch(text); m != nil {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		value, err := s.world.vault.Decrypt(globals[m[1]])
		if err != nil {
			return nil, crest.InternalError("%v", err)
		}
		return &crest.Result{Body: value}, nil
	}
	text = strings.Trim(text, " ;\n")
	if value, ok := globals[text]; ok {
		return &crest.Result{Body: value}, nil
	}
	// A value as JavaScript writes it is its own result; names are not.
	if !bareName.MatchString(text) {
		var value any
		literal := strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
		if err := json.Unmarshal([]byte(jsonOfScript(literal)), &value); err == nil {
			return &crest.Result{Body: value}, nil
		}
	} else {
		switch text {
		case "true", "false":
			return &crest.Result{Body: text == "true"}, nil
		case "null":
			return &crest.Result{}, nil
		}
		return nil, crest.InternalError(`ReferenceError: "%s" is not defined.`, text)
	}
	return nil, crest.Errorf(http.StatusNotImplemented, "this fake server does not interpret scripts")
}

func thrownError(thrown record) *crest.Error {
	e := &crest.Error{Code: http.StatusInternalServerError, Detail: thrown["detail"]}
	if n, ok := crest.Number(thrown["code"]); ok {
		if code, _ := n.Int64(); code >= 400 && code < 600 {
			e.Code = int(code)
		}
	}
	e.Message, _ = thrown["message"].(string)
	if e.Detail == nil {
		e.Detail = record{}
	}
	return e
}

// scriptToken is a text or a name.
var scriptToken = regexp.MustCompile(`(?s)'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[A-Za-z_$][\w$]*`)

// jsonOfScript turns an object as JavaScript writes it into JSON: texts in
// single quotes and names without quotes.
func jsonOfScript(text string) string {
	return scriptToken.ReplaceAllStringFunc(text, func(token string) string {
		switch {
		case token[0] == '\'':
			return `"` + strings.NewReplacer(`\'`, `'`, `"`, `\"`).Replace(token[1:len(token)-1]) + `"`
		case token[0] == '"', token == "true", token == "false", token == "null":
			return token
		}
		return `"` + token + `"`
	})
}
