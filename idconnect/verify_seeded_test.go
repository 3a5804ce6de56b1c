package idconnect

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestSeededDifferences hides differences of every kind among 100,000 records
// and wants each found, and nothing else.
func TestSeededDifferences(t *testing.T) {
	t.Parallel()
	records, each := 100_000, 40
	if testing.Short() {
		records, each = 20_000, 8
	}
	kinds := []struct {
		name  string
		plant func(source, target *verifyTable, id, record string)
	}{
		{"missing", func(_, target *verifyTable, id, _ string) { delete(target.records, id) }},
		{"extra", func(source, _ *verifyTable, id, _ string) { delete(source.records, id) }},
		{"duplicate", func(_, target *verifyTable, id, _ string) { target.ids = append(target.ids, id) }},
		{"changed mail", func(_, target *verifyTable, id, record string) {
			target.records[id] = strings.Replace(record, "@example.com", "@example.org", 1)
		}},
		{"changed sn", func(_, target *verifyTable, id, record string) {
			target.records[id] = strings.Replace(record, `Stra\u00dfe`, "Strasse", 1)
		}},
		{"changed roles", func(_, target *verifyTable, id, record string) {
			target.records[id] = strings.Replace(record, "managed/role/a", "managed/role/b", 1)
		}},
		{"changed userName", func(_, target *verifyTable, id, record string) {
			target.records[id] = strings.Replace(record, `"userName"`, `"username"`, 1)
		}},
		{"changed password", func(_, target *verifyTable, id, record string) {
			var members map[string]any
			if err := json.Unmarshal([]byte(record), &members); err != nil {
				t.Error(err)
			}
			members["password"] = "in plain text"
			text, _ := json.Marshal(members)
			target.records[id] = string(text)
		}},
	}
	source := newVerifyTable(records)
	target := source.clone()
	random := rand.New(rand.NewPCG(5, 6))
	order := random.Perm(records)
	want := map[string]string{}
	for n := range each * len(kinds) {
		kind := kinds[n%len(kinds)]
		id := fmt.Sprintf("u%05d", order[n])
		kind.plant(source, target, id, source.records[id])
		want[id] = kind.name
	}
	for _, table := range []*verifyTable{source, target} {
		table.ids = slices.DeleteFunc(table.ids, func(id string) bool { return table.records[id] == "" })
		random.Shuffle(len(table.ids), func(i, j int) { table.ids[i], table.ids[j] = table.ids[j], table.ids[i] })
	}

	report := verifyTables(t, source, target, VerifyOptions{})
	got := map[string]string{}
	add := func(ids []string, kind string) {
		for _, id := range ids {
			if got[id] != "" {
				t.Errorf("%s is both %s and %s", id, got[id], kind)
			}
			got[id] = kind
		}
	}
	add(report.Missing, "missing")
	add(report.Extra, "extra")
	add(report.Duplicates, "duplicate")
	for _, c := range report.Changed {
		members := slices.DeleteFunc(slices.Clone(c.Members), func(m string) bool { return m == "username" })
		add([]string{c.ID}, "changed "+strings.Join(members, "+"))
	}
	found := 0
	for id, kind := range want {
		if got[id] == kind {
			found++
		} else {
			t.Errorf("%s: got %q, want %q", id, got[id], kind)
		}
	}
	invented := slices.DeleteFunc(slices.Sorted(maps.Keys(got)), func(id string) bool { return want[id] != "" })
	fmt.Printf("%d of %d seeded differences found among %d records, %d invented\n", found, len(want), records, len(invented))
	if len(invented) > 0 || report.Differences() != int64(len(want)) {
		t.Errorf("invented %v; %d differences counted, want %d", invented, report.Differences(), len(want))
	}
}
