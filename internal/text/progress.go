package text

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Progress is how far something is, as far as it is known: "1,200 of 3,000 records,
// 400 records/s, 5 s left". A count or total below 0, a rate of 0 and a time left of
// 0 or less are unknown or nothing to say; so is a total that was passed.
func Progress(done, total int64, unit string, rate float64, left time.Duration) string {
	if done < 0 {
		return ""
	}
	count := func(n int64) string { return Grouped(n) + " " + unit }
	if unit == "bytes" {
		count = Bytes
	}
	parts := []string{count(done)}
	if total >= done && total > 0 {
		of := count(done)
		if unit != "bytes" {
			of = Grouped(done)
		}
		parts[0] = of + " of " + count(total)
	}
	if n := int64(rate + 0.5); n > 0 {
		parts = append(parts, count(n)+"/s")
	} else if rate > 0 {
		parts = append(parts, fmt.Sprintf("%.1f %s/s", rate, unit))
	}
	if left > 0 {
		parts = append(parts, Duration(left)+" left")
	}
	return strings.Join(parts, ", ")
}

// Listed joins words as a sentence does: "a, b and c".
func Listed(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Because says what, and after a colon why, unless that is "".
func Because(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// List joins the parts that are not "" by a comma and a blank.
func List(parts ...string) string {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	return strings.Join(parts, ", ")
}
