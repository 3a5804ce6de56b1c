package fleetfile

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return when.UTC()
	}
	night := &Window{From: "22:00", To: "05:00", Zone: "Europe/Berlin"}
	saturday := &Window{From: "22:00", To: "05:00", Zone: "Europe/Berlin", Days: []string{"sat"}}
	for _, c := range []struct {
		w         *Window
		now, open string
	}{
		{nil, "2026-06-01 12:00", "2026-06-01 12:00"},
		{night, "2026-06-01 21:59", "2026-06-01 22:00"},
		{night, "2026-06-01 22:00", "2026-06-01 22:00"},
		{night, "2026-06-02 04:59", "2026-06-02 04:59"},
		{night, "2026-06-02 05:00", "2026-06-02 22:00"},
		{saturday, "2026-06-06 23:00", "2026-06-06 23:00"}, // a Saturday
		{saturday, "2026-06-07 04:00", "2026-06-07 04:00"}, // still its night
		{saturday, "2026-06-07 05:00", "2026-06-13 22:00"},
		{saturday, "2026-06-06 05:00", "2026-06-06 22:00"},
		{night, "2026-03-28 12:00", "2026-03-28 22:00"}, // before the clocks change
		{night, "2026-10-25 12:00", "2026-10-25 22:00"}, // after
	} {
		now := at(c.now)
		wait, err := c.w.Opens(now)
		if err != nil || !now.Add(wait).Equal(at(c.open)) {
			t.Errorf("%+v at %s: opens at %s, %v", c.w, c.now, now.Add(wait).In(zone).Format("2006-01-02 15:04"), err)
		}
	}
	if _, err := (&Window{From: "22:00", To: "05:00", Zone: "Nowhere/Land"}).Opens(time.Now()); err == nil {
		t.Error("an unknown zone")
	}
}
