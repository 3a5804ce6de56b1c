package upgrade_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of rooms in CONTRIBUTING.md anew")

// TestRooms: CONTRIBUTING.md shows all rooms, in their order, by the first sentence of each.
func TestRooms(t *testing.T) {
	synopsis := map[string]string{}
	for _, p := range listPackages(t) {
		synopsis[p.room] = p.Doc
	}
	var want strings.Builder
	want.WriteString("| room | what it does |\n|---|---|\n")
	for _, r := range rooms {
		if r.path != "" {
			words := strings.SplitN(synopsis[r.path], " ", 3) // Package, its name, and what it does
			fmt.Fprintf(&want, "| `%s` | %s |\n", r.path, strings.TrimSuffix(words[len(words)-1], "."))
		}
	}
	const file = "CONTRIBUTING.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	at := regexp.MustCompile(`(?m)^\| room \|(.*\n)(\|.*\n)*`).FindIndex(content)
	if at == nil {
		t.Fatal(file + " has no table of rooms")
	}
	if string(content[at[0]:at[1]]) == want.String() {
		return
	}
	if !*update {
		t.Fatal(file + " has another table of rooms: go test . -run TestRooms -update")
	}
	content = bytes.Replace(content, content[at[0]:at[1]], []byte(want.String()), 1)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
