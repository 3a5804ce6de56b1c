package fleetfile

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // every worker has the same zones
)

// Window is a time of day within which an installation may begin. One that
// ends earlier than it begins ends on the next day, and belongs to the day on
// which it opened.
type Window struct {
	From string   `json:"from"` // "22:00"
	To   string   `json:"to"`
	Zone string   `json:"zone"` // of the IANA database
	Days []string `json:"days,omitempty"`
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Opens says how long after now the window is open: 0 when it is. A nil window
// is always open. The error is that of an unknown zone.
func (w *Window) Opens(now time.Time) (time.Duration, error) {
	if w == nil {
		return 0, nil
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return 0, err
	}
	here := now.In(zone)
	var next time.Time
	// From yesterday, whose window may reach into today, to the same weekday of
	// the next week and its morrow.
	for d := -1; d <= 8; d++ {
		open := clockOn(here, d, w.From)
		shut := clockOn(here, d, w.To)
		if !shut.After(open) {
			shut = clockOn(here, d+1, w.To)
		}
		if len(w.Days) > 0 && !slices.Contains(w.Days, weekdays[open.Weekday()]) {
			continue
		}
		if !now.Before(open) && now.Before(shut) {
			return 0, nil
		}
		if open.After(now) && (next.IsZero() || open.Before(next)) {
			next = open
		}
	}
	return next.Sub(now), nil
}

// clockOn is a time of day so many days after a date.
func clockOn(date time.Time, days int, clock string) time.Time {
	hour, minute, _ := strings.Cut(clock, ":")
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	return time.Date(date.Year(), date.Month(), date.Day()+days, h, m, 0, 0, date.Location())
}
