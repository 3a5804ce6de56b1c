// Command bench runs this project's package keystore, a warm JVM, keytool,
// pyjks and keystore-go on the same files, one after the other and round by
// round so that a busy machine slows down all of them, and prints how long each
// took at best and in the median, and the ratio to ours. It ends with the
// targets, and with exit code 1 if one was missed.
//
//	cd examples/bench && go run .
//
// Who is not installed is named and left out. The module is one of its own, so
// that nothing of this comes along with the SDK.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	fixtures := flag.String("fixtures", "../../keystore/testdata/fixtures", "`folder` of the package's fixtures")
	certificates := flag.Int("certificates", 100_000, "how `many` the large truststore holds")
	rounds := flag.Int("rounds", 15, "measured rounds of each small task; large ones have a third")
	work := flag.String("work", "", "`folder` to keep the virtual environment of pyjks in (default: a temporary one)")
	memory := flag.String("memory", "", "for the program itself: whose memory to measure")
	flag.Parse()
	if *memory != "" {
		return measureMemory(out, *memory, flag.Arg(0))
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *work == "" {
		*work = dir
	}
	peers, stop := startPeers(ctx, out, dir, *work)
	defer func() { err = errors.Join(err, stop()) }()
	jceks, jks, err := makeTruststores(dir, *certificates)
	if err != nil {
		return err
	}
	info, err := os.Stat(jceks)
	if err != nil {
		return err
	}
	fixture := func(name string) string { return filepath.Join(*fixtures, name) }
	many := fmt.Sprintf("list %d trusted certificates, %d MB", *certificates, info.Size()/1_000_000)
	small, large := max(1, *rounds), max(1, *rounds/3)
	tasks := []task{
		{"open the five keys of idm-jdk17.jceks", true, keystore.JCEKS, fixture("idm-jdk17.jceks"), "", 5, small},
		{"list idm-jdk17.jceks", false, keystore.JCEKS, fixture("idm-jdk17.jceks"), "", 5, small},
		{"open the key of key.jks", true, keystore.JKS, fixture("key.jks"), "", 1, small},
		{many + ", JCEKS (keystore-go: as JKS)", false, keystore.JCEKS, jceks, jks, *certificates, large},
		{many + ", JKS", false, keystore.JKS, jks, "", *certificates, large},
	}
	fmt.Fprintf(out, "%s, %s, %d cores\n", runtime.Version(), runtime.GOARCH, runtime.GOMAXPROCS(0))
	results := make([]map[string]times, len(tasks))
	for i, t := range tasks {
		if results[i], err = measure(ctx, t, peers); err != nil {
			return err
		}
		if err := report(out, t, peers, results[i]); err != nil {
			return err
		}
	}
	own, theirs, err := memories(ctx, jceks, jks)
	if err != nil {
		return err
	}
	size := float64(info.Size())
	own, theirs = own/size, theirs/size
	fmt.Fprintf(out, "\nmemory for the large store, as a multiple of the file: keystore %.2f, keystore-go %.2f\n",
		own, theirs)
	return checkTargets(out, results, own)
}

// startPeers starts everything that keystore is measured against. What is not
// installed is left out, with a line on out. Call stop at the end.
func startPeers(ctx context.Context, out io.Writer, dir, work string) (peers []peer, stop func() error) {
	peers = []peer{ours{}, keystoreGo{}}
	var servers []*server
	for _, s := range []struct {
		name  string
		start func(context.Context, string) (*server, error)
		dir   string
	}{{"Java", startJava, dir}, {"pyjks", startPyjks, work}} {
		p, err := s.start(ctx, s.dir)
		if err != nil {
			fmt.Fprintf(out, "skipping %s: %v\n", s.name, err)
			continue
		}
		servers = append(servers, p)
		peers = append(peers, p)
	}
	if path, err := exec.LookPath("keytool"); err != nil {
		fmt.Fprintf(out, "skipping keytool: %v\n", err)
	} else {
		peers = append(peers, keytool{path})
	}
	return peers, func() (err error) {
		for _, s := range servers {
			err = errors.Join(err, s.close())
		}
		return err
	}
}

// checkTargets says which targets of keystore are reached; memory is a multiple
// of the large store's size. The error says how many are missed.
func checkTargets(out io.Writer, results []map[string]times, memory float64) error {
	missed := 0
	target := func(reached bool, format string, args ...any) {
		word := "reached"
		if !reached {
			word, missed = "MISSED ", missed+1
		}
		fmt.Fprintf(out, "%s  %s\n", word, fmt.Sprintf(format, args...))
	}
	fmt.Fprintln(out, "\ntargets")
	if java, ok := results[0]["Java, one warm JVM"]; ok {
		r := ratio(results[0]["keystore"].median(), java.median())
		target(r <= 0.5, "five keys in at most half the time of a warm JVM: %.2f", r)
	}
	r := ratio(results[3]["keystore"].median(), results[3]["keystore-go"].median())
	target(r <= 1, "the large JCEKS store no slower than the same entries as JKS in keystore-go: %.2f", r)
	target(memory <= 2, "memory for the large store at most twice its size: %.2f", memory)
	if missed > 0 {
		return fmt.Errorf("%d targets missed", missed)
	}
	return nil
}

// times of one peer, sorted.
type times []time.Duration

func (t times) median() time.Duration { return t[len(t)/2] }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// measure lets everybody do the task in turn. The first rounds are not counted:
// a JVM compiles what it has seen often.
func measure(ctx context.Context, t task, peers []peer) (map[string]times, error) {
	all := map[string]times{}
	warmUp := max(2, t.rounds/3)
	for round := range warmUp + t.rounds {
		for _, p := range peers {
			if _, alone := p.(keytool); alone && (round < warmUp || round >= warmUp+3) {
				continue // never warm, and slow
			}
			runtime.GC() // what the last one left is not this one's
			took, err := p.do(ctx, t)
			if errors.Is(err, errCannot) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", p.name(), t.name, err)
			}
			if round >= warmUp {
				all[p.name()] = append(all[p.name()], took)
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	for _, t := range all {
		slices.Sort(t)
	}
	return all, nil
}

func report(out io.Writer, t task, peers []peer, all map[string]times) error {
	fmt.Fprintf(out, "\n%s\n", t.name)
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "who\tbest\tmedian\truns\ttimes ours\t")
	for _, p := range peers {
		got, ok := all[p.name()]
		if !ok {
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\t\n", p.name())
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%.2f\t\n", p.name(), ms(got[0]), ms(got.median()), len(got),
			ratio(got.median(), all["keystore"].median()))
	}
	return w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

// memories asks a new process each, which holds nothing else: bytes taken from
// the system beyond those of a process that reads nothing.
func memories(ctx context.Context, jceks, jks string) (own, theirs float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	ask := func(args ...string) (n float64) {
		if err != nil {
			return 0
		}
		out, runErr := exec.CommandContext(ctx, self, append([]string{"-memory"}, args...)...).Output()
		if err = runErr; err == nil {
			n, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		}
		return n
	}
	nothing := ask("nothing", jceks)
	own = ask("keystore", jceks) - nothing
	theirs = ask("keystore-go", jks) - nothing
	return own, theirs, err
}

func measureMemory(out io.Writer, who, path string) error {
	var held any
	var err error
	switch who {
	case "keystore":
		held, err = keystore.Open(path, keystore.NewPassword(password))
	case "keystore-go":
		held, err = loadKeystoreGo(path)
	}
	if err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(held)
	_, err = fmt.Fprintln(out, m.Sys) // the system gets back no address space: the most there was
	return err
}
