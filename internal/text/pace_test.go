package text

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	var p Pace
	at := time.Unix(1e9, 0)
	for i, c := range []struct {
		after       time.Duration
		what        string
		done, total int64
		rate        float64
		left        time.Duration
	}{
		{0, "a", 0, 1000, 0, -1},
		{time.Second, "a", 100, 1000, 100, 9 * time.Second},
		{time.Second, "a", 200, -1, 100, -1},
		{8 * time.Second, "a", 1000, 1000, 100, 0},
		{time.Second, "b", 1000, 2000, 0, -1}, // another one
		{time.Second, "b", 1500, 2000, 500, time.Second},
		{time.Second, "b", 10, 2000, 0, -1}, // again from the beginning
		{time.Minute, "b", 610, 2000, 10, 139 * time.Second},
		{20 * time.Second, "b", 610, 2000, 7.5, 185 * time.Second}, // it slows down
		{20 * time.Second, "b", 610, 2000, 0, -1},                  // and hangs
	} {
		at = at.Add(c.after)
		rate, left := p.Observe(at, c.what, c.done, c.total)
		if rate != c.rate || (left-c.left).Abs() > time.Second || left < 0 != (c.left < 0) {
			t.Errorf("%d: %v a second, %v left, want %v, %v", i, rate, left, c.rate, c.left)
		}
	}
}
