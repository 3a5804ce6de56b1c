// Package support makes a file for a question to others: what is known of an upgrade
// as one zip, without secrets, addresses of people and ids of records. Begin with
// [Bundle].
package support

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/build"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
)

// Bundle is what goes into the file. All texts are cleaned before they do.
type Bundle struct {
	Version build.Info
	Now     time.Time
	// Typed are the flags that were typed, with their values.
	Typed map[string]string
	// Plan is what preflight sees now, or PlanError why it could not be seen.
	Plan      *report.Plan
	PlanError error
	Evidence  *evidence.Evidence
	// SourceDir and TargetDir are the folders of both servers, whose logs are read,
	// and whose boot.properties say which secrets to take out; "" is none.
	SourceDir, TargetDir string
	// Secrets are those that are known apart from these, and of User a name that is
	// none.
	User    string
	Secrets []keystore.Password
}

// folder is that of all files in the zip, and stands at the beginning of the file.
const folder = "idconnect-support/"

const readme = `This file describes an upgrade of Identity Connect 2.1 to 7.1.6, for a question to
others. Passwords, tokens, keys, addresses of people and ids of records were taken
out, as far as they can be recognised. Names of hosts and folders are in it. Look at
it before you send it.

  version.json     the program
  flags.json       the flags that were typed
  plan.json, .txt  what the preflight checks see
  evidence.json    the journal, and of reports states, times and counts
  logs/            the last lines of the servers' logs
`

// Write writes the file; what earlier runs wrote there is kept beside it. It returns
// the names of what is in it.
func (b *Bundle) Write(path string) ([]string, error) {
	content, names, err := b.content()
	if err != nil {
		return nil, err
	}
	return names, b.output(path).Write(content)
}

// Check says why [Bundle.Write] would not write to path.
func (b *Bundle) Check(path string) error { return b.output(path).Check() }

func (b *Bundle) output(path string) disk.Output {
	return disk.Output{Path: path, Mode: 0o600, Marks: []string{folder + "README.txt"}, Keep: []string{b.SourceDir}}
}

func (b *Bundle) content() ([]byte, []string, error) {
	secrets := append(bootPasswords(b.SourceDir, b.TargetDir), b.Secrets...)
	c := cleaner{redact.New(b.User, secrets...)}
	var out bytes.Buffer
	var names []string
	var failed error
	z := zip.NewWriter(&out)
	add := func(name, text string) {
		h := &zip.FileHeader{Name: folder + name, Method: zip.Deflate, Modified: b.Now}
		if len(names) == 0 {
			h.Method = zip.Store
		}
		names = append(names, name)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		failed = errors.Join(failed, err)
	}
	addJSON := func(name string, v any) {
		text, err := c.json(v)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
		add(name, text)
	}
	add("README.txt", readme)
	addJSON("version.json", b.Version)
	addJSON("flags.json", b.Typed)
	if b.PlanError != nil {
		add("plan.txt", c.text(b.PlanError.Error())+"\n")
	} else if b.Plan != nil {
		addJSON("plan.json", b.Plan)
		var text bytes.Buffer
		failed = errors.Join(failed, b.Plan.WriteText(&text))
		add("plan.txt", c.text(text.String()))
	}
	addJSON("evidence.json", b.Evidence)
	for _, l := range logs(b.SourceDir, b.TargetDir) {
		add("logs/"+l.name, c.log(l))
	}
	failed = errors.Join(failed, z.Close())
	return out.Bytes(), names, failed
}

// json encodes a value whose texts are cleaned one by one.
func (c cleaner) json(v any) (string, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var plain any
	if err := json.Unmarshal(encoded, &plain); err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err = e.Encode(c.walk(plain))
	return b.String(), err
}

func (c cleaner) walk(v any) any {
	switch v := v.(type) {
	case string:
		return c.text(v)
	case []any:
		for i := range v {
			v[i] = c.walk(v[i])
		}
	case map[string]any:
		for key, held := range v {
			clean := c.text(key)
			if clean != key {
				delete(v, key)
			}
			v[clean] = c.walk(held)
		}
	}
	return v
}
