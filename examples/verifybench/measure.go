package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// measure is the process of one measurement.
func measure(ctx context.Context, in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(o.Certificate)
	if err != nil {
		return err
	}
	if file := os.Getenv("VERIFYBENCH_PROFILE"); file != "" && o.Kind == "verify" {
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(48 << 20) // as the command upgrade does
	}
	var r result
	began := time.Now()
	switch o.Kind {
	case "bare":
		r.Bytes, err = bare(ctx, o, certificate)
	case "verify":
		err = compare(ctx, o, certificate)
	default:
		err = fmt.Errorf("unknown kind %q", o.Kind)
	}
	if err != nil {
		return err
	}
	r.Seconds, r.MiB = time.Since(began).Seconds(), peakMiB()
	return json.NewEncoder(out).Encode(r)
}

func (o order) base(side int) string {
	return fmt.Sprintf("%s%d-%s/openidm/", o.URLs[side], o.Records, o.Pause)
}

var password = keystore.NewPassword("openidm-admin")

func compare(ctx context.Context, o order, certificate *x509.Certificate) error {
	var clients [2]*openidm.Client
	for side := range clients {
		clients[side] = &openidm.Client{
			BaseURL: o.base(side), Pinned: certificate,
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
		}
		defer clients[side].Close()
	}
	folder, err := os.MkdirTemp("", "verifybench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	report, err := verify.Run(ctx, clients[0], clients[1], verify.Options{
		Collections: []verify.Collection{{Name: "users", Resource: "repo/managed/user"}}, PageSize: o.PageSize,
		StateFile: filepath.Join(folder, "state"), // as the command has one
		// Nothing tells the two servers apart.
		Accept: []string{"SERVERS"},
	})
	if err != nil {
		return err
	}
	if c := report.Collections[0]; !report.Same() || c.SourceCount != int64(o.Records) ||
		c.TargetCount != c.SourceCount || c.Passes != 1 || o.Records > maxPage && c.Ranges < 2 {
		return fmt.Errorf("not found to be the same: %+v, %+v", report.Verdict(), c)
	}
	return nil
}

// bare fetches the records of both servers at once by ranges of ids, with as many
// requests in flight as Verify has, and looks at none. It knows where each range
// begins, which Verify must find out.
func bare(ctx context.Context, o order, certificate *x509.Certificate) (int64, error) {
	var (
		both  sync.WaitGroup
		sizes [2]int64
		errs  [2]error
	)
	for side := range sizes {
		both.Go(func() { sizes[side], errs[side] = download(ctx, o, side, certificate) })
	}
	both.Wait()
	return sizes[0] + sizes[1], errors.Join(errs[:]...)
}

func download(ctx context.Context, o order, side int, certificate *x509.Certificate) (int64, error) {
	transport := &http.Transport{TLSClientConfig: jvmtrust.New().TLSConfig("localhost", certificate),
		MaxIdleConnsPerHost: concurrency}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var (
		all     sync.WaitGroup
		errs    [concurrency]error
		next    atomic.Int64
		fetched atomic.Int64
	)
	for worker := range concurrency {
		all.Go(func() {
			var body bytes.Buffer
			for errs[worker] == nil {
				from := next.Add(bareRange) - bareRange
				if from >= int64(o.Records) {
					return
				}
				errs[worker] = fetch(ctx, client, o.base(side), from, &body)
				fetched.Add(int64(body.Len()))
			}
		})
	}
	all.Wait()
	return fetched.Load(), errors.Join(errs[:]...)
}

func fetch(ctx context.Context, client *http.Client, base string, from int64, body *bytes.Buffer) error {
	filter := fmt.Sprintf(`_id le "u%07d"`, from+bareRange-1)
	if from > 0 {
		filter = fmt.Sprintf(`_id gt "u%07d" and `, from-1) + filter
	}
	query := url.Values{"_queryFilter": {filter}, "_pageSize": {strconv.Itoa(bareRange + 1)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"repo/managed/user?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body.Reset()
	if _, err := body.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(err, errors.New(answer.Status))
	}
	return nil
}

// As the default of [verify.Options], and about where the size of its ranges ends.
const (
	concurrency = 4
	bareRange   = 1000
)

// peakMiB is the peak memory of this process: VmHWM on Linux, elsewhere the memory
// that Go obtained from the system.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for l := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(l, "VmHWM:"); ok {
				number := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))
				if kib, err := strconv.ParseFloat(number, 64); err == nil {
					return kib / 1024
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
