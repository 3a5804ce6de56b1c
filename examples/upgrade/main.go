//go:debug x509negativeserial=1

// Command upgrade upgrades Salesforce Identity Connect 2.1 to 7.1.6, verifies
// the result, and inspects key stores.
//
// It is a thin layer over package idconnect: a program can do everything that
// it does. See the usage text for commands, flags and exit codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second one ends the program at once.
	context.AfterFunc(ctx, stop)
	// A comparison of any size stays below 64 MiB; what needs more has it.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(48 << 20)
	}
	os.Exit((&app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv, tty: prompt.Terminal{}, started: os.Args[0],
	}).run(ctx, os.Args[1:]))
}
