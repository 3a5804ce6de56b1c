package verify

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/internal/cost"
)

// costOf compares two servers of one model in virtual time.
func costOf(t *testing.T, records int, m cost.Model, opts Options) (time.Duration, CollectionReport, *cost.Server) {
	t.Helper()
	var (
		took   time.Duration
		report *Report
		source = cost.NewServer(records, 2, m)
	)
	synctest.Test(t, func(t *testing.T) {
		source = cost.NewServer(records, 2, m)
		opts.Collections = usersOnly
		began := time.Now()
		var err error
		report, err = runTables(t.Context(), [2]Server{source, cost.NewServer(records, 2, m)}, opts)
		took = time.Since(began)
		if err != nil {
			t.Fatal(err)
		}
	})
	c := report.Collections[0]
	if !report.Same() || c.SourceCount != int64(records) || c.TargetCount != int64(records) || c.Passes != 1 {
		t.Fatalf("%+v", c)
	}
	return took, c, source
}

// TestLinear: the time that a record costs does not grow with their number.
func TestLinear(t *testing.T) {
	sizes := []int{10_000, 20_000, 100_000, 1_000_000}
	switch {
	case testing.Short():
		sizes = sizes[:3]
	case os.Getenv("NIGHTLY") == "1":
		sizes = append(sizes, 7_000_000)
	}
	var few time.Duration
	for _, records := range sizes {
		took, report, server := costOf(t, records, cost.OrientDB(), Options{})
		each := took / time.Duration(records)
		t.Logf("%d records: %s, %s each, %d requests, %.2f times the records: %s", records,
			took.Round(time.Millisecond), each, server.Requests, float64(server.Given)/float64(records),
			report.Plans)
		if few > 0 && each > few*13/10 {
			t.Errorf("%d records: %s each, of fewer %s", records, each, few)
		}
		few = each // the quickest so far, or nearly
		if records > 10_000 && server.Given > records*12/10 {
			t.Errorf("%d records were given of %d", server.Given, records)
		}
		// A download by ranges of 1000 that keeps the same two processors busy.
		bare := time.Duration(records) * (cost.OrientDB().Record + cost.OrientDB().Request/1000) / 2
		if records >= 20_000 && took > bare*11/10 {
			t.Errorf("%d records: %s, a bare download %s", records, took, bare)
		}
	}
}

// TestQuadratic: what pages cost is seen by the model, and they are chosen only
// where a range costs more.
func TestQuadratic(t *testing.T) {
	ranged, _, _ := costOf(t, 100_000, cost.OrientDB(), Options{})
	sorted, report, _ := costOf(t, 100_000, cost.OrientDB(), Options{SortKeys: []string{"_id"}})
	if sorted < 10*ranged || report.Ranges != 0 {
		t.Errorf("sorted pages take %s, ranges %s: %+v", sorted, ranged, report)
	}
	took, report, _ := costOf(t, 100_000, cost.Scanning(), Options{})
	if report.Ranges != 0 || !strings.Contains(report.Plans[0], "an empty range took 9") ||
		!strings.HasPrefix(report.Plans[0], "source: pages: ") {
		t.Errorf("%s: %+v", took, report)
	}
}

// TestRate: a server is asked for as many records as it may be, within a tenth.
func TestRate(t *testing.T) {
	for _, m := range []cost.Model{cost.OrientDB(), cost.Scanning()} {
		const records, rate = 100_000, 400
		took, report, server := costOf(t, records, m, Options{Rate: rate})
		perSecond := float64(server.Given) / took.Seconds()
		t.Logf("%.0f records a second of %d: %s", perSecond, rate, report.Plans[0])
		if perSecond < rate*0.9 || perSecond > rate*1.1 {
			t.Errorf("%.0f records a second", perSecond)
		}
	}
}

// TestCounted: a server that counts says early how much there is.
func TestCounted(t *testing.T) {
	const records = 100_000
	early := 0
	costOf(t, records, cost.OrientDB(), Options{Progress: func(p Progress) {
		if p.Source > 0 && p.Source < records/2 && p.Total == records && p.Left > 0 {
			early++
		}
	}})
	if early == 0 {
		t.Error("no number of records, or no time left, in the first half")
	}
}
