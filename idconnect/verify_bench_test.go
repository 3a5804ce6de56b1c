package idconnect

import (
	"context"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

func BenchmarkVerifyRecord(b *testing.B) {
	raw := json.RawMessage(verifyUser(1, 1, "u@example.com"))
	r := newVerifyReducer(make([]byte, 32), nil, nil)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.record(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// verifyGenerated is a server whose records are made when they are asked for.
type verifyGenerated struct {
	verifyTable
	count int
}

func (g *verifyGenerated) QueryBody(_ context.Context, _ string, q openidm.Query, cookie string, buf []byte) ([]byte, error) {
	offset, _ := strconv.Atoi(cookie)
	end := min(offset+q.PageSize, g.count)
	result := make([]json.RawMessage, 0, end-offset)
	for i := offset; i < end; i++ {
		result = append(result, json.RawMessage(verifyUser(i, 1, "u@example.com")))
	}
	next := ""
	if end < g.count {
		next = strconv.Itoa(end)
	}
	return verifyPageText(buf, result, next), nil
}

func (g *verifyGenerated) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error) {
	body, err := g.QueryBody(ctx, resource, q, cookie, nil)
	if err != nil {
		return openidm.Page{}, err
	}
	return g.ParsePage(resource, body)
}

// BenchmarkVerifyEqual reads two equal servers; bare is the same reading with
// nothing done. peak-MiB is the most memory that Go had from the system.
func BenchmarkVerifyEqual(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		server := &verifyGenerated{count: n}
		b.Run("verify/"+strconv.Itoa(n), func(b *testing.B) {
			debug.FreeOSMemory()
			var peak uint64
			opts := VerifyOptions{Collections: verifyUsers, Progress: func(VerifyProgress) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.Sys-m.HeapReleased)
			}}
			for b.Loop() {
				report, err := verifyRun(b.Context(), [2]verifyServer{server, server}, opts)
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
							buf, _ = server.QueryBody(b.Context(), "", openidm.Query{PageSize: 500}, strconv.Itoa(offset), buf)
						}
					})
				}
				both.Wait()
			}
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
