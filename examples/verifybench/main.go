//go:debug x509negativeserial=1

// Command verifybench compares idconnect.Verify with a bare download, by time,
// CPU time and memory. Verify compares two servers with equal records; the bare
// download fetches the same records over TLS by ranges of ids, with as many requests
// in flight, and discards them. It knows the ids, so that none of its ranges is empty
// or too large.
//
//	go run ./examples/verifybench                # 1k, 100k and 1M records
//	go run ./examples/verifybench -plot verify.svg
//
// The servers run in one process and each measurement in another, so that memory
// is that of a single program. The servers keep their pages almost encoded and
// cost little more than TLS. Instead of the work of a real server they wait: for a
// page of 500 as long as -server says, a fifth of that for a range without records.
// With 20 ms and four requests in flight, a server delivers 100,000 records a
// second. The largest size is also measured without that wait. Then TLS and Verify
// keep the machine busy, and the ratio is that of CPU time, unless there are more
// processors than they can use.
//
// The target's records have their members in another order, and other revisions.
// Both ways take turns, and the fastest round of each counts. The exit code is 1
// if Verify takes more than 1.3 times as long at the largest size, or more than
// 64 MiB at any size.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
)

const (
	maxRatio = 1.3
	maxMiB   = 64
)

// order is the input of a child process, as JSON on standard input.
type order struct {
	Kind        string // "bare" or "verify"
	URLs        [2]string
	Certificate []byte // DER
	Records     int
	PageSize    int
	Pause       time.Duration // of a server, for each page
}

// result is the output of a child process, as JSON on standard output.
type result struct {
	Seconds float64
	CPU     float64 // of the process, in seconds
	MiB     float64 // peak
	Bytes   int64   // of the bodies; bare only
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		err = serve(os.Stdin, os.Stdout)
	case len(os.Args) == 2 && os.Args[1] == "measure":
		err = measure(ctx, os.Stdin, os.Stdout)
	default:
		err = bench(ctx, os.Args[1:], os.Stdout)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifybench:", err)
		os.Exit(1)
	}
}

// line is one size, with the fastest round of each way.
type line struct {
	records      int
	pause        time.Duration
	bare, verify result
	ratio        float64
}

func bench(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("verifybench", flag.ContinueOnError)
	sizes := f.String("sizes", "1000,100000,1000000", "comma-separated `numbers` of records")
	pause := f.Duration("server", 20*time.Millisecond, "how long a server waits before a page of 500")
	rounds := f.Int("rounds", 2, "`number` of rounds of each way")
	pageSize := f.Int("page", 500, "`number` of records in the first range")
	plotFile := f.String("plot", "", "write the plot to this `file`, as SVG")
	if err := f.Parse(args); err != nil {
		return err
	}
	plotted := disk.Output{Path: *plotFile, Mode: 0o644, Marks: []string{plotTitle}}
	if *plotFile != "" {
		if err := plotted.Check(); err != nil {
			return err
		}
	}
	s, err := startServers(ctx)
	if err != nil {
		return fmt.Errorf("starting the servers: %w", err)
	}
	defer s.stop()
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs, records of about %d bytes, %d in the first range, "+
		"%d requests in flight per server\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		recordSize(), *pageSize, concurrency)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "records\tserver\tMB\tbare s\tverify s\tratio\tbare CPU s\tverify CPU s\tverify MiB\t")
	var lines []line
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > maxRecords {
			return fmt.Errorf("-sizes %s: must be numbers from 1 to %d", *sizes, maxRecords)
		}
		lines = append(lines, line{records: n, pause: *pause})
	}
	largest := slices.MaxFunc(lines, func(a, b line) int { return a.records - b.records })
	if *pause > 0 {
		lines = append(lines, line{records: largest.records})
	}
	for i := range lines {
		l := &lines[i]
		if err := s.measure(ctx, l, *pageSize, max(*rounds, 1)); err != nil {
			return err
		}
		fmt.Fprintf(table, "%d\t%s\t%.1f\t%.3f\t%.3f\t%.2f\t%.2f\t%.2f\t%.1f\t\n", l.records, l.pause,
			float64(l.bare.Bytes)/1e6,
			l.bare.Seconds, l.verify.Seconds, l.ratio, l.bare.CPU, l.verify.CPU, l.verify.MiB)
	}
	table.Flush()
	fmt.Fprint(out, "\n", bars(lines))
	if *plotFile != "" {
		if err := plotted.Write(plot(lines)); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nplot: %s\n", *plotFile)
	}
	return verdict(lines, out)
}

// measure lets both ways take turns.
func (s *servers) measure(ctx context.Context, l *line, pageSize, rounds int) error {
	for round := range rounds {
		for _, kind := range []string{"bare", "verify"} {
			r, err := s.child(ctx, order{
				Kind: kind, URLs: s.urls, Certificate: s.certificate,
				Records: l.records, PageSize: pageSize, Pause: l.pause,
			})
			if err != nil {
				return fmt.Errorf("%s, %d records: %w", kind, l.records, err)
			}
			best := &l.bare
			if kind == "verify" {
				best = &l.verify
			}
			peak := max(best.MiB, r.MiB)
			if round == 0 || r.Seconds < best.Seconds {
				*best = r
			}
			best.MiB = peak // the worst of the rounds
		}
	}
	l.ratio = l.verify.Seconds / l.bare.Seconds
	return nil
}

// verdict returns an error if a limit is exceeded.
func verdict(lines []line, out io.Writer) error {
	var missed []string
	largest := lines[0]
	for _, l := range lines {
		if l.records > largest.records && l.pause == lines[0].pause {
			largest = l
		}
		if l.verify.MiB > maxMiB {
			missed = append(missed,
				fmt.Sprintf("%.1f MiB at %d records (limit %d)", l.verify.MiB, l.records, maxMiB))
		}
	}
	if largest.ratio > maxRatio {
		missed = append(missed, fmt.Sprintf("%.2f times the bare download at %d records (limit %.1f)",
			largest.ratio, largest.records, maxRatio))
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	fmt.Fprintf(out, "\nmet: %.2f times the bare download at %d records (limit %.1f), at most %d MiB\n",
		largest.ratio, largest.records, maxRatio, maxMiB)
	return nil
}

// servers is the process with both servers.
type servers struct {
	program     string
	cmd         *exec.Cmd
	stdin       io.Closer
	urls        [2]string
	certificate []byte
}

func startServers(ctx context.Context) (*servers, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &servers{program: program, cmd: exec.CommandContext(ctx, program, "serve")}
	s.cmd.Stderr = os.Stderr
	stdin, err := s.cmd.StdinPipe() // the server ends when it does
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	said, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	var o order
	if err := json.Unmarshal(said, &o); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.urls, s.certificate = o.URLs, o.Certificate
	return s, nil
}

func (s *servers) stop() error { return errors.Join(s.stdin.Close(), s.cmd.Wait()) }

// child measures in a process of its own.
func (s *servers) child(ctx context.Context, o order) (r result, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program, "measure")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	r.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return r, nil
}
