package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
)

// upgradeFlags are the flags of plan, run, status, verify and rollback.
type upgradeFlags struct {
	u     idconnect.Upgrade
	steps string
	types string

	sourcePassword, targetPassword, keystorePassword, truststorePassword, targetTruststorePassword string

	handover handoverFlags
	verify   verifyFlags

	callbacks string

	policy   string
	logLevel string

	json    bool
	report  string
	timeout time.Duration
}

func (a *app) upgradeFlags(name string) (*flag.FlagSet, *upgradeFlags) {
	f, v := a.flags(name, ""), &upgradeFlags{}
	f.StringVar(&v.u.SourceDir, "source-dir", "", "`folder` salesforceIdConnect of 2.1")
	f.StringVar(&v.u.TargetDir, "target-dir", "", "`folder` salesforceIdConnect of 7.1.6")
	if name != "export" {
		f.StringVar(&v.u.StoresFile, "stores-file", "",
			"`file` of export, in the place of -source-dir where that is on another machine")
		v.handover.add(f, false)
	}
	f.StringVar(&v.u.Package, "package", "", "the `zip` of 7.1.6")
	f.StringVar(&v.u.Source.URL, "source-url", idconnect.DefaultSourceURL, "`address` of 2.1")
	f.StringVar(&v.u.Target.URL, "target-url", idconnect.DefaultTargetURL, "`address` of 7.1.6")
	f.StringVar(&v.u.Source.Credentials.Username, "source-user", idconnect.DefaultUser, "administrator of 2.1")
	f.StringVar(&v.u.Target.Credentials.Username, "target-user", idconnect.DefaultUser, "administrator of 7.1.6")
	f.StringVar(&v.sourcePassword, "source-password-file", "", "`file` with the password of -source-user")
	f.StringVar(&v.targetPassword, "target-password-file", "", "`file` with the password of -target-user")
	f.StringVar(&v.keystorePassword, "keystore-password-file", "",
		"`file` with the keystore's password (default: what boot.properties says)")
	f.StringVar(&v.u.Source.Truststore, "truststore", "",
		"`file` that says which certificates to trust (default: the source's own)")
	f.StringVar(&v.truststorePassword, "truststore-password-file", "",
		"`file` with the truststore's password (default: what boot.properties says)")
	f.StringVar(&v.u.Target.Truststore, "target-truststore", "",
		"`file` to trust the target by (default: the target's own, else -truststore)")
	f.StringVar(&v.targetTruststorePassword, "target-truststore-password-file", "", "`file` with its password")
	f.StringVar(&v.u.Target.TLSName, "target-name", "",
		"`host` that the target's certificate must name (default: that of -target-url)")
	f.StringVar(&v.u.InstanceURL, "instance-url", "",
		"`address` of 2.1 as the target is told it (default: -source-url)")
	f.StringVar(&v.policy, "truststore-conflict", "",
		"`keep|replace|error`: merge the truststores, and do so with equal aliases (default: the whole file is copied)")
	f.StringVar(&v.u.JavaHome, "java-home", "", "`folder` of Java 11 for the set-up (default: JAVA_HOME, then PATH)")
	f.StringVar(&v.steps, "steps", "", "only these `steps`, of "+strings.Join(idconnect.StepNames(), ","))
	f.StringVar(&v.types, "types", "", "`collections` to compare (default users,roles,assignments,links)")
	v.verify.add(f, &v.u)
	f.BoolVar(&v.u.Again, "again", false, "repeat configure and migrate though they are done, and set-up though it was")
	f.DurationVar(&v.u.SettleTime, "settle", time.Minute,
		"how `long`, from when it was sent, to ask what became of a request whose answer is not known")
	c := &v.u.Checks
	f.DurationVar(&c.Timeout, "check-timeout", 30*time.Second, "how `long` each check of plan may take")
	f.StringVar(&c.InstanceAddress, "instance-address", "",
		"`IP` address that the target's machine has for the host of -instance-url (default: this machine's)")
	f.IntVar(&c.DatabasePort, "database-port", 0,
		"`port` of the target's database (default: what its configuration says, else 5432)")
	f.StringVar(&c.ProfileMapping, "profile-mapping", "",
		"`pattern` of the name or target of the mapping that gives profiles (default "+
			preflight.DefaultProfileMapping+")")
	f.StringVar(&c.ProfileProperty, "profile-property", "", "`pattern` of the property that is the profile (default "+
		preflight.DefaultProfileProperty+")")
	f.StringVar(&c.ConsumerKey, "consumer-key", "",
		"`key` of the connected app: Salesforce is asked for its callback URLs")
	f.StringVar(&c.AuthorizeURL, "authorize-url", "", "`address` that is asked (default "+
		preflight.DefaultAuthorizeURL+")")
	f.StringVar(&v.callbacks, "callback-urls", "",
		"`URLs` that the connected app must have (default: /connect/ on both servers)")
	f.BoolVar(&v.json, "json", false, "result as JSON")
	f.StringVar(&v.report, "report", "", "`folder` for the report: report.html, report.txt, report.json and junit.xml")
	f.DurationVar(&v.timeout, "timeout", 0, "stop after this `time` (default: none)")
	f.StringVar(&v.logLevel, "log", "",
		"`debug|json`: every request on stderr, without secrets; or every event there as a line of JSON")
	return f, v
}

// settle turns flags and surroundings into an upgrade. Passwords that the
// chosen steps need are asked for last.
func (a *app) settle(v *upgradeFlags, needs []string) error {
	u := &v.u
	if v.steps != "" {
		for s := range strings.SplitSeq(v.steps, ",") {
			u.Steps = append(u.Steps, strings.TrimSpace(s))
		}
	} else {
		u.Steps = needs
	}
	u.TruststoreConflict = keystore.Policy(v.policy)
	if v.types != "" {
		collections, err := verify.ParseCollections(v.types)
		if err != nil {
			return usagef("-types: %v", err)
		}
		u.Verify.Collections = collections
	}
	if err := v.verify.settle(u); err != nil {
		return err
	}
	if v.callbacks != "" {
		for c := range strings.SplitSeq(v.callbacks, ",") {
			u.Checks.CallbackURLs = append(u.Checks.CallbackURLs, strings.TrimSpace(c))
		}
	}
	switch v.logLevel {
	case "", "json":
	case "debug":
		u.Logger = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	default:
		return usagef("-log %s: known are debug and json", v.logLevel)
	}
	if u.TargetDir == "" && v.report != "" {
		u.StateDir = v.report
	}
	if err := u.Validate(); err != nil {
		return usagef("%v", err)
	}
	for _, p := range []struct {
		into               *keystore.Password
		file, flag, envVar string
	}{
		{&u.Source.Credentials.Password, v.sourcePassword, "-source-password-file", "IDC_SOURCE_PASSWORD"},
		{&u.Target.Credentials.Password, v.targetPassword, "-target-password-file", "IDC_TARGET_PASSWORD"},
		{&u.KeystorePassword, v.keystorePassword, "-keystore-password-file", "IDC_KEYSTORE_PASSWORD"},
		{&u.Source.TruststorePassword, v.truststorePassword, "-truststore-password-file", "IDC_TRUSTSTORE_PASSWORD"},
		{&u.Target.TruststorePassword, v.targetTruststorePassword, "-target-truststore-password-file", ""},
	} {
		var err error
		if *p.into, err = a.password(p.file, p.flag, p.envVar); err != nil {
			return err
		}
	}
	var err error
	if u.StoresFile != "" {
		if u.StoresKey, err = a.handoverKey(&v.handover); err != nil {
			return err
		}
	}
	if u.Target.TruststorePassword.IsZero() && u.Target.Truststore != "" {
		// One password for both is the common case, and the variable of the
		// truststores is one.
		u.Target.TruststorePassword = u.Source.TruststorePassword
	}
	return nil
}

// password reads a secret from its file, else its variable; zero if neither is
// given.
func (a *app) password(file, flagName, envVar string) (keystore.Password, error) {
	if file != "" {
		p, err := keystore.ReadPasswordFile(file)
		if err != nil {
			return p, usagef("%s: %v", flagName, err)
		}
		return p, nil
	}
	if envVar != "" {
		if text := a.env(envVar); text != "" {
			return keystore.NewPassword(text), nil
		}
	}
	return keystore.Password{}, nil
}

// missingFlags says how each field of an upgrade is given on the command line.
var missingFlags = map[string]struct{ flag, env, prompt string }{
	"SourceDir":                   {"-source-dir", "", ""},
	"TargetDir":                   {"-target-dir", "", ""},
	"Package":                     {"-package", "", ""},
	"Source.Credentials.Password": {"-source-password-file", "IDC_SOURCE_PASSWORD", "Password of %s at the source"},
	"Target.Credentials.Password": {"-target-password-file", "IDC_TARGET_PASSWORD", "Password of %s at the target"},
	"StoresKey":                   {"-passphrase-file", handoverVariable, "Passphrase of the handover file"},
	"KeystorePassword": {"-keystore-password-file", "IDC_KEYSTORE_PASSWORD",
		"Password of the source's keystore"},
}

// complete asks for the passwords that are missing, and is a usage error when
// something else is, or when nobody can be asked.
func (a *app) complete(u *idconnect.Upgrade, missing []*idconnect.MissingError) error {
	for _, m := range missing {
		how, ok := missingFlags[m.Field]
		if !ok {
			return m
		}
		if how.prompt == "" {
			return usagef("step %s needs %s", m.Step, how.flag)
		}
		into, prompt := &u.KeystorePassword, how.prompt
		switch m.Field {
		case "StoresKey":
			into = &u.StoresKey.Passphrase
		case "Source.Credentials.Password":
			into, prompt = &u.Source.Credentials.Password, fmt.Sprintf(how.prompt, u.Source.Credentials.Username)
		case "Target.Credentials.Password":
			into, prompt = &u.Target.Credentials.Password, fmt.Sprintf(how.prompt, u.Target.Credentials.Username)
		}
		p, err := a.tty.password(prompt)
		if errors.Is(err, errNoTerminal) {
			return usagef("step %s needs a password and there is no terminal to ask for it: set %s or give %s",
				m.Step, how.env, how.flag)
		}
		if err != nil {
			return err
		}
		*into = p
	}
	return nil
}

func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

// reportDir is where the report goes: -report, else beside the target.
func (v *upgradeFlags) reportDir() string {
	switch {
	case v.report != "":
		return v.report
	case v.u.TargetDir != "":
		return filepath.Clean(v.u.TargetDir) + ".upgrade"
	}
	return ""
}
