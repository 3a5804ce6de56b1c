package siteconfig_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
)

// TestPage: docs/config.md has every key, with its default and an example, as the
// schema has them; and its first example can be read.
func TestPage(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(siteconfig.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	var table strings.Builder
	table.WriteString("\n| key | what | default | example |\n|---|---|---|---|\n")
	seen := map[string]string{}
	var rows func(prefix string, part map[string]any, order []string)
	rows = func(prefix string, part map[string]any, order []string) {
		properties := part["properties"].(map[string]any)
		for _, name := range order {
			p := properties[name].(map[string]any)
			ref, _ := p["$ref"].(string)
			def, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			if def["properties"] != nil && !strings.HasSuffix(ref, "/secret") {
				if first := seen[ref]; first != "" {
					fmt.Fprintf(&table, "| `%s%s` | %s; its keys are those of `%s` | | |\n",
						prefix, name, p["description"], first)
					continue
				}
				seen[ref] = prefix + name
				fmt.Fprintf(&table, "| `%s%s` | %s | | |\n", prefix, name, p["description"])
				rows(prefix+name+".", def, keysInOrder(t, def))
				continue
			}
			what, otherwise, _ := strings.Cut(p["description"].(string), "; default: ")
			examples, _ := p["examples"].([]any)
			if examples == nil {
				examples, _ = def["examples"].([]any)
			}
			fmt.Fprintf(&table, "| `%s%s` | %s | %s | `%s` |\n",
				prefix, name, what, otherwise, yamlfile.Flow(examples[0]))
		}
	}
	rows("", root, keysInOrder(t, root))

	file := filepath.FromSlash("../../../docs/config.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "-run TestPage -update -->\n"
	before, _, found := strings.Cut(string(page), mark)
	if !found {
		t.Fatalf("no %q in %s", mark, file)
	}
	want := before + mark + table.String()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != strings.ReplaceAll(string(page), "\r\n", "\n") {
		t.Error("docs/config.md and the schema differ: go test -run TestPage -update")
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := siteconfig.Parse("config.md", []byte(example)); err != nil {
		t.Errorf("the example of docs/config.md: %v", err)
	}
}

// keysInOrder are the properties of a part in the order of the schema's text.
func keysInOrder(t *testing.T, part map[string]any) []string {
	t.Helper()
	text := string(siteconfig.Schema())
	if description, ok := part["description"].(string); ok {
		at := strings.LastIndex(text, `"description": "`+description)
		if i := strings.Index(text, `"properties": {`); at < 0 || i < 0 {
			t.Fatalf("not in the schema: %s", description)
		}
		text = text[at:]
	}
	var keys []string
	for k := range part["properties"].(map[string]any) {
		if k != "$schema" {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return strings.Index(text, `"`+a+`": {`) - strings.Index(text, `"`+b+`": {`)
	})
	return keys
}
