// Command fakeopenidm runs a fake OpenIDM server, or a source and a target that
// trusts it, for people who test a program in another language or try the command
// upgrade. It listens on this machine alone, and keeps nothing after its end.
//
// It is no server for real data: nothing is stored, access is not controlled, and
// whoever may read its folder has all its keys.
//
//	go run ./examples/fakeopenidm -generation 31 -users 1000 -port 8443
//	go run ./examples/fakeopenidm -pair -v
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what the flags say.
type settings struct {
	generation          openidmtest.Generation
	role                openidmtest.Role
	pair, verbose       bool
	control             bool
	port                int
	users, roles, links int
	dir                 string
	password            keystore.Password // zero: made for this run
	faults              []openidmtest.Fault
}

// generations are the values of the flag, and which part each plays.
var generations = map[string]struct {
	is   openidmtest.Generation
	role openidmtest.Role
}{
	"30":  {openidmtest.OpenIDM30, openidmtest.Source},
	"31":  {openidmtest.OpenIDM31, openidmtest.Source},
	"702": {openidmtest.OpenIDM702, openidmtest.Source},
	"71":  {openidmtest.IDM71, openidmtest.Target},
}

// command runs the servers until ctx ends. It returns 0 then, 1 if they cannot be
// started, and 2 if the flags are wrong.
func command(ctx context.Context, args []string, out, errs io.Writer) int {
	s, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, "fakeopenidm:", err)
		return 2
	}
	if err := run(ctx, s, out, errs); err != nil {
		fmt.Fprintln(errs, "fakeopenidm:", err)
		return 1
	}
	return 0
}

func parse(args []string, errs io.Writer) (*settings, error) {
	s := &settings{}
	f := flag.NewFlagSet("fakeopenidm", flag.ContinueOnError)
	f.SetOutput(io.Discard) // the caller says what is wrong
	f.Usage = func() {}
	generation := f.String("generation", "31", "play OpenIDM `30`, 31, 702, or 71, which is migrated to")
	f.BoolVar(&s.pair, "pair", false, "run a source of that generation and a target of 71 that trusts it")
	f.IntVar(&s.port, "port", 8443, "listen on this `port` of this machine; 0: any. The target of a pair has the "+
		"next thousand, 9443")
	f.IntVar(&s.users, "users", 100, "`number` of users, of the source of a pair")
	f.IntVar(&s.roles, "roles", 5, "`number` of roles")
	f.IntVar(&s.links, "links", 0, "`number` of links")
	f.StringVar(&s.dir, "dir", "", "write password, certificate and folders into this `folder`; \"\": one that is "+
		"removed at the end")
	passwordFile := f.String("password-file", "", "`file` with the administrator's password; \"\": one is made "+
		"for this run")
	faults := f.String("faults", "", "`file` with what goes wrong, as JSON; of a pair, in the target")
	f.BoolVar(&s.control, "control", false, "take faults over HTTP, too, on a port of its own")
	f.BoolVar(&s.verbose, "v", false, "print a line for each request")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(errs, "usage: fakeopenidm [flags]\n\nRuns a fake OpenIDM server until it is interrupted. "+
				"It is no server for real data.\n\n")
			f.SetOutput(errs)
			f.PrintDefaults()
		}
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag: see fakeopenidm -h", f.Arg(0))
	}
	chosen, ok := generations[*generation]
	switch {
	case !ok:
		return nil, fmt.Errorf("-generation %s: must be 30, 31, 702 or 71", *generation)
	case s.pair && chosen.role == openidmtest.Target:
		return nil, errors.New("-pair with -generation 71: the source of a pair must be 30, 31 or 702")
	case s.port < 0 || s.port > 65535-1000:
		return nil, fmt.Errorf("-port %d: must be between 0 and 64535", s.port)
	}
	s.generation, s.role = chosen.is, chosen.role
	var err error
	if *faults != "" {
		if s.faults, err = readFaults(*faults); err != nil {
			return nil, fmt.Errorf("-faults: %w", err)
		}
	}
	if *passwordFile != "" {
		if s.password, err = keystore.ReadPasswordFile(*passwordFile); err != nil {
			return nil, fmt.Errorf("-password-file: %w", err)
		}
	}
	return s, nil
}
