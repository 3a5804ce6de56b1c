package idconnect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

// promise is a sentence of the README's section on guarantees, or a neighbour
// of one. Its test injects the fault for real: a file, a server, a killed process.
type promise struct {
	says  string
	holds func(t *testing.T)
}

type chapter struct {
	name     string
	promises []promise
}

// chapters hold all promises, each chapter in a file promises_NAME_test.go. The one that takes longest comes first.
var chapters = []chapter{
	{"killed, again, and back", promisesBack},
	{"the source is only read", promisesSource},
	{"sent once", promisesSent},
	{"no false success", promisesSuccess},
	{"no secret out", promisesSecret},
	{"terminals, limits, signals", promisesTerminal},
	{"servers", promisesServers},
	{"repair", promisesRepair},
}

// TestPromises prints them as a table, which ends with "promises: N of N of N". With -short it is every third.
func TestPromises(t *testing.T) {
	t.Parallel()
	tried := slices.Clone(chapters)
	results := make([][]string, len(tried))
	t.Cleanup(func() { printPromises(tried, results) })
	for at := range tried {
		c := &tried[at]
		if testing.Short() {
			c.promises = exhaustive.Sample(c.promises, (len(c.promises)+2)/3)
		}
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

// printPromises prints the verdicts of the rows that were tried.
func printPromises(tried []chapter, results [][]string) {
	var table strings.Builder
	kept, total, all := 0, 0, 0
	for at, c := range tried {
		all += len(chapters[at].promises)
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
	fmt.Printf("%spromises: %d of %d of %d\n", table.String(), kept, total, all)
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
