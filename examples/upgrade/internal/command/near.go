package command

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns which of the words, at most three, a misspelt word may have meant,
// the nearest first.
func Near(word string, words []string) []string { return near(word, words) }

func near(word string, words []string) []string {
	type candidate struct {
		word string
		far  int
	}
	var all []candidate
	given := strings.ToLower(word)
	for _, w := range words {
		known := strings.ToLower(w)
		far := distance(given, known)
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

// distance counts the letters that are missing, too many, wrong or swapped (optimal
// string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
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

// oneOf is a hint for a word that is none of the choices.
func oneOf(word string, choices []string) string {
	known := "known are " + strings.Join(choices, ", ")
	like := near(word, choices)
	switch {
	case len(choices) > many && like == nil:
		return ""
	case len(choices) > many:
		return "did you mean " + listed(like, "or") + "?"
	case like != nil:
		return "did you mean " + listed(like, "or") + "? " + strings.ToUpper(known[:1]) + known[1:]
	}
	return known
}

// many choices are not listed.
const many = 20

// listed is "a, b and c".
func listed(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}
