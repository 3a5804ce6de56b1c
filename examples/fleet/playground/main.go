// Command playground creates fake installations on this machine to try a fleet
// with, and serves them until it is interrupted.
//
//	go run ./playground -n 8 DIR       # writes DIR/fleet.json; the worker's name is "here"
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/fakes"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := play(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

func play(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("playground", flag.ContinueOnError)
	n := f.Int("n", 8, "`number` of installations")
	users := f.Int("users", 20, "`number` of users in each")
	pace := f.Duration("pace", 200*time.Millisecond, "how long a target takes to migrate a user")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("give a folder that is not there yet")
	}
	dir, err := filepath.Abs(f.Arg(0))
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s is there already: give another folder, or remove it", dir)
	}
	w, err := fakes.Start(dir, fakes.Options{Count: *n, Users: *users, Pace: *pace})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "fleet.json")
	if err := w.WriteFleet(file, "playground", nil); err != nil {
		return errors.Join(err, w.Close())
	}
	fmt.Printf("%d installations are served; their fleet file is %s, and workers take -allow %s\n",
		*n, file, w.AllowFile())
	<-ctx.Done()
	fmt.Printf("%d of %d installations migrated once\n", w.Once(), *n)
	return w.Close()
}
