package text

import "time"

const (
	// paceWindow is how far back a rate looks: a server that has become slow
	// is not called fast for what it did an hour ago.
	paceWindow = 30 * time.Second
	paceStep   = 500 * time.Millisecond
)

// Pace measures how fast something counts. The zero value is ready.
type Pace struct {
	what    string
	samples []paceSample
}

type paceSample struct {
	at   time.Time
	done int64
}

// Observe records a count and returns how many there are a second, 0 while
// unknown, and how long the rest takes at that rate, -1 while unknown. Another
// what, or fewer than before, begins anew.
func (p *Pace) Observe(now time.Time, what string, done, total int64) (rate float64, left time.Duration) {
	n := len(p.samples)
	if what != p.what || n > 0 && done < p.samples[n-1].done {
		p.what, p.samples, n = what, p.samples[:0], 0
	}
	if n == 0 || now.Sub(p.samples[n-1].at) >= paceStep {
		p.samples = append(p.samples, paceSample{now, done})
	}
	for len(p.samples) > 2 && now.Sub(p.samples[1].at) >= paceWindow {
		p.samples = p.samples[1:]
	}
	left = -1
	if total >= 0 && done >= total {
		left = 0
	}
	first := p.samples[0]
	passed := now.Sub(first.at).Seconds()
	if passed <= 0 || done <= first.done {
		return 0, left
	}
	rate = float64(done-first.done) / passed
	if left < 0 && total >= 0 {
		// More than a hundred years is no forecast.
		if seconds := float64(total-done) / rate; seconds < 3e9 {
			left = time.Duration(seconds * float64(time.Second))
		}
	}
	return rate, left
}
