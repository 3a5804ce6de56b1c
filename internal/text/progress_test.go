package text

import (
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		done, total int64
		unit        string
		rate        float64
		left        time.Duration
		want        string
	}{
		{-1, -1, "records", 0, -1, ""},
		{0, -1, "records", 0, -1, "0 records"},
		{0, 0, "records", 0, 0, "0 records"},
		{1200, 3000, "records", 400, 5 * time.Second, "1,200 of 3,000 records, 400 records/s, 5.0 s left"},
		{1200, -1, "records", 400, -1, "1,200 records, 400 records/s"},
		{3000, 2997, "records", 0, 0, "3,000 records"},
		{3000, 3000, "records", 400, 0, "3,000 of 3,000 records, 400 records/s"},
		{3, 100, "records", 0.25, -1, "3 of 100 records, 0.2 records/s"},
		{12 << 20, 412 << 20, "bytes", 30 << 20, 90 * time.Second, "12 MB of 412 MB, 30 MB/s, 1 min 30 s left"},
	} {
		if got := Progress(test.done, test.total, test.unit, test.rate, test.left); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
	if got := List("", "a", "", "b"); got != "a, b" {
		t.Errorf("got %q", got)
	}
}
