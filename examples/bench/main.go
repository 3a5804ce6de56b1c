// Command bench compares the package keystore with a warm JVM, keytool, pyjks and
// keystore-go on the same files. They take turns, so that a busy machine slows
// down all of them. It prints the best and the median time of each, and the ratio
// of the median to ours. Then it checks the targets; the exit code is 1 if one is
// missed.
//
//	cd examples/bench && go run .
//
// Peers that are not installed are skipped, with a message. This is a separate
// module, so that its dependencies are not those of the SDK.
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
	"runtime/debug"
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
	fixtures := flag.String("fixtures", "../../keystore/testdata/fixtures", "`folder` of the key store fixtures")
	certificates := flag.Int("certificates", 100_000, "`number` of certificates in the large truststore")
	rounds := flag.Int("rounds", 15, "`number` of measured rounds of each small task; large ones get a third")
	work := flag.String("work", "",
		"`folder` for the virtual environment of pyjks, kept for the next run (default: temporary)")
	memory := flag.String("memory", "", "internal: measure the memory of this `peer`")
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

// startPeers starts the peers, and says on out which are not installed. stop ends
// their processes.
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

// checkTargets prints which targets keystore reaches. memory is a multiple of the
// size of the large store.
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

// measure runs the task on all peers in turn. The first rounds warm up and are not
// counted: a JVM compiles code only after it has run often.
func measure(ctx context.Context, t task, peers []peer) (map[string]times, error) {
	all := map[string]times{}
	warmUp := max(2, t.rounds/3)
	for round := range warmUp + t.rounds {
		for _, p := range peers {
			if _, alone := p.(keytool); alone && (round < warmUp || round >= warmUp+3) {
				continue // never warm, and slow
			}
			// No peer is charged for the garbage of the one before, nor spared the memory that it left.
			debug.FreeOSMemory()
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

// memories measures each in a process of its own: bytes obtained from the system,
// beyond those of a process that reads nothing.
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
	_, err = fmt.Fprintln(out, m.Sys) // address space is never returned: this is the peak
	return err
}
