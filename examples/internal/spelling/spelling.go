// Package spelling finds what a misspelt word may have meant, for commands and the
// files that people write. Begin with [Near].
package spelling

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns which of the words, at most three, a misspelt word may have meant,
// the nearest first.
func Near(word string, words []string) []string {
	type candidate struct {
		word string
		far  int
	}
	var all []candidate
	given := strings.ToLower(word)
	for _, w := range words {
		known := strings.ToLower(w)
		far := Distance(given, known)
		bare := strings.TrimLeft(given, "-")
		part := len(given) > 2 && (strings.HasPrefix(known, given) || strings.HasPrefix(given, known)) ||
			len(bare) > 4 && strings.Contains(known, bare)
		if part {
			far = min(far, 2)
		}
		if part || far <= max(1, min(len(given), len(known))/4) || far == 2 && len(given) > 4 {
			all = append(all, candidate{w, far})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, c := range all {
		if len(out) == 3 || len(out) > 0 && c.far > all[0].far {
			break
		}
		out = append(out, c.word)
	}
	return out
}

// Distance counts the letters that are missing, too many, wrong or swapped (optimal
// string alignment). It is 64 for words that are longer.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	var rows [65][65]int
	for i := range rows {
		rows[i][0], rows[0][i] = i, i
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			wrong := 1
			if x[i-1] == y[j-1] {
				wrong = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+wrong)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
