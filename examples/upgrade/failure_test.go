package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// TestFailure: with -json an error is one line of JSON, whose code is the program's;
// without, it is in lines for people. What a command has said already is not repeated.
func TestFailure(t *testing.T) {
	t.Parallel()
	blocked := preflight.ErrBlocked
	for name, c := range map[string]struct {
		err  error
		code int
		want failure
	}{
		"none":      {nil, exitDone, failure{}},
		"shown":     {exitCode(exitFailed), exitFailed, failure{}},
		"a mistake": {&command.Mistake{What: "a", Hint: "c"}, exitUsage, failure{"a", "c", exitUsage}},
		"missing": {&idconnect.MissingError{Field: "Package", Step: "s"}, exitUsage,
			failure{"step s needs -package", "", exitUsage}},
		"blocked": {blocked, 3, failure{blocked.Error(), idconnect.RemedyOf(blocked), 3}},
		"interrupted": {context.Canceled, 130,
			failure{"interrupted", "to resume, run: upgrade run -json", 130}},
		"another": {errors.New(`it "failed"`), exitFailed, failure{`it "failed"`, "", exitFailed}},
	} {
		var out bytes.Buffer
		a := &app{err: &out, args: []string{"run", "-json"}}
		if code := a.exit(c.err, true); code != c.code {
			t.Errorf("%s: exit %d", name, code)
		}
		var got failure
		if c.want == got {
			if out.Len() > 0 {
				t.Errorf("%s: %s", name, &out)
			}
			continue
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || strings.Count(out.String(), "\n") != 1 ||
			got != c.want {
			t.Errorf("%s: %s, %v", name, &out, err)
		}
		out.Reset()
		if code := a.exit(c.err, false); code != c.code || !strings.HasPrefix(out.String(), "upgrade: ") {
			t.Errorf("%s: exit %d, %s", name, code, &out)
		}
	}
}
