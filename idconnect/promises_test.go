package idconnect_test

import (
	"fmt"
	"strings"
	"testing"
)

// promise is a sentence of the README's section on guarantees, or a neighbour
// of one. Its test injects the fault for real: a file, a server, a killed process.
type promise struct {
	says  string
	holds func(t *testing.T)
}

// chapters hold all promises, each chapter in a file promises_NAME_test.go. The one that takes longest comes first.
var chapters = []struct {
	name     string
	promises []promise
}{
	{"killed, again, and back", promisesBack},
	{"the source is only read", promisesSource},
	{"sent once", promisesSent},
	{"no false success", promisesSuccess},
	{"no secret out", promisesSecret},
	{"terminals, limits, signals", promisesTerminal},
	{"servers", promisesServers},
	{"repair", promisesRepair},
}

// TestPromises prints them as a table, which ends with "promises: N of N".
func TestPromises(t *testing.T) {
	t.Parallel()
	results := make([][]string, len(chapters))
	t.Cleanup(func() { printPromises(results) })
	for at, c := range chapters {
		results[at] = make([]string, len(c.promises))
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			for i, p := range c.promises {
				t.Run(strings.ReplaceAll(p.says, " ", "-"), func(t *testing.T) {
					t.Parallel()
					defer func() { results[at][i] = verdict(t) }()
					p.holds(t)
				})
			}
		})
	}
}

// printPromises prints the verdicts of all rows of all chapters.
func printPromises(results [][]string) {
	var table strings.Builder
	kept, total := 0, 0
	for at, c := range chapters {
		fmt.Fprintf(&table, "%s\n", c.name)
		for i, p := range c.promises {
			fmt.Fprintf(&table, "  %-8s  %s\n", results[at][i], p.says)
			switch results[at][i] {
			case "kept":
				kept++
				total++
			case "BROKEN":
				total++
			}
		}
	}
	fmt.Printf("%spromises: %d of %d\n", table.String(), kept, total)
}

// verdict of a row; one that this machine cannot try counts for nothing.
func verdict(t *testing.T) string {
	switch {
	case t.Failed():
		return "BROKEN"
	case t.Skipped():
		return "skipped"
	}
	return "kept"
}
