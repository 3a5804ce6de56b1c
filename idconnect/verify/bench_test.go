package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// generated is a server whose records are made when they are asked for.
type generated struct {
	table
	count int
}

func (g *generated) QueryBody(_ context.Context, _ string, q openidm.Query, cookie string, buf []byte) ([]byte,
	error) {
	offset, _ := strconv.Atoi(cookie)
	end := min(offset+q.PageSize, g.count)
	result := make([]json.RawMessage, 0, end-offset)
	for i := offset; i < end; i++ {
		if len(q.Fields) > 0 { // the id is all that is asked for so
			result = append(result, fmt.Appendf(nil, `{"_id":"u%05d"}`, i))
			continue
		}
		result = append(result, json.RawMessage(userRecord(i, 1, "u@example.com")))
	}
	next := ""
	if end < g.count {
		next = strconv.Itoa(end)
	}
	return pageText(buf, result, next), nil
}

func (g *generated) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page,
	error) {
	body, err := g.QueryBody(ctx, resource, q, cookie, nil)
	if err != nil {
		return openidm.Page{}, err
	}
	return g.ParsePage(resource, body)
}

// BenchmarkVerifyEqual reads two equal servers; bare is the same reading with
// nothing done. peak-MiB is the most memory that Go had from the system.
func BenchmarkEqual(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		server := &generated{count: n}
		b.Run("verify/"+strconv.Itoa(n), func(b *testing.B) {
			debug.FreeOSMemory()
			var peak uint64
			opts := Options{Collections: usersOnly, Progress: func(Progress) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.Sys-m.HeapReleased)
			}}
			for b.Loop() {
				report, err := runTables(b.Context(), [2]Server{server, server}, opts)
				if err != nil || !report.Same() {
					b.Fatalf("got %v, %+v", err, report)
				}
			}
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run("bare/"+strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				var both sync.WaitGroup
				for range 2 {
					both.Go(func() {
						var buf []byte
						for offset := 0; offset < n; offset += 500 {
							buf, _ = server.QueryBody(b.Context(), "",
								openidm.Query{PageSize: 500}, strconv.Itoa(offset), buf)
						}
					})
				}
				both.Wait()
			}
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
