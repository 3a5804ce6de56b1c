package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/screen"
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

	policy string
	screen screen.Options

	json    bool
	timeout time.Duration
}

func (a *app) upgradeFlags(name string) (*flag.FlagSet, *upgradeFlags) {
	f, v := a.flags(name, ""), &upgradeFlags{}
	f.StringVar(&v.u.SourceDir, "source-dir", "", "salesforceIdConnect `folder` of 2.1")
	f.StringVar(&v.u.TargetDir, "target-dir", "", "salesforceIdConnect `folder` of 7.1.6")
	if name != "export" {
		f.StringVar(&v.u.StoresFile, "stores-file", "",
			"`file` written by export, instead of -source-dir when the source is on another machine")
		v.handover.add(f, false)
	}
	f.StringVar(&v.u.Package, "package", "", "`zip` file of 7.1.6")
	f.StringVar(&v.u.Source.URL, "source-url", idconnect.DefaultSourceURL, "`URL` of 2.1")
	f.StringVar(&v.u.Target.URL, "target-url", idconnect.DefaultTargetURL, "`URL` of 7.1.6")
	f.StringVar(&v.u.Source.Credentials.Username, "source-user", idconnect.DefaultUser, "administrator `user` of 2.1")
	f.StringVar(&v.u.Target.Credentials.Username, "target-user", idconnect.DefaultUser, "administrator `user` of 7.1.6")
	f.StringVar(&v.sourcePassword, "source-password-file", "", "`file` with the password of -source-user")
	f.StringVar(&v.targetPassword, "target-password-file", "", "`file` with the password of -target-user")
	f.StringVar(&v.keystorePassword, "keystore-password-file", "",
		"`file` with the password of the source's keystore (default: from boot.properties)")
	f.StringVar(&v.u.Source.Truststore, "truststore", "",
		"truststore `file` for connections to 2.1 (default: the source's own)")
	f.StringVar(&v.truststorePassword, "truststore-password-file", "",
		"`file` with the truststore's password (default: from boot.properties)")
	f.StringVar(&v.u.Target.Truststore, "target-truststore", "",
		"truststore `file` for connections to 7.1.6 (default: the target's own, else -truststore)")
	f.StringVar(&v.targetTruststorePassword, "target-truststore-password-file", "",
		"`file` with the password of -target-truststore")
	f.StringVar(&v.u.Target.TLSName, "target-name", "",
		"`host` name that the target's certificate must be valid for (default: the host of -target-url)")
	f.BoolVar(&v.u.Source.LegacyTLS, "source-legacy-tls", false,
		"allow TLS 1.0 and 1.1 with 2.1, with a warning (Java 11 refuses them in configure)")
	f.StringVar(&v.u.Source.Address, "source-address", "",
		"`host:port` to connect to instead of that in -source-url, whose host name is sent all the same")
	f.StringVar(&v.u.Target.Address, "target-address", "",
		"`host:port` to connect to instead of that in -target-url, whose host name is sent all the same")
	f.StringVar(&v.u.InstanceURL, "instance-url", "",
		"`URL` at which the target reaches 2.1 (default: -source-url)")
	f.StringVar(&v.policy, "truststore-conflict", "",
		"merge the truststores, and on equal aliases `keep|replace|error` (default: copy the whole file)")
	f.StringVar(&v.u.JavaHome, "java-home", "", "`folder` of Java 11 for setup (default: JAVA_HOME, then PATH)")
	f.StringVar(&v.steps, "steps", "", "comma-separated `steps` to perform, a subset of "+
		strings.Join(idconnect.StepNames(), ","))
	f.StringVar(&v.types, "types", "",
		"comma-separated `collections` to compare (default users,roles,assignments,links)")
	v.verify.add(f, &v.u)
	f.BoolVar(&v.u.Again, "again", false, "re-run configure, migrate and setup even if already completed")
	f.DurationVar(&v.u.SettleTime, "settle", time.Minute,
		"how long after sending to poll for the outcome of a request whose response was lost")
	f.DurationVar(&v.u.MaxDown, "max-down", 2*time.Minute,
		"how long to wait for a target that stops responding while it is migrating")
	c := &v.u.Checks
	f.DurationVar(&c.Timeout, "check-timeout", 30*time.Second, "time limit of each preflight check")
	f.StringVar(&c.InstanceAddress, "instance-address", "",
		"`IP` address of the host of -instance-url as seen from the target's machine (default: as seen from this one)")
	f.IntVar(&c.DatabasePort, "database-port", 0,
		"`port` of the target's database (default: from its configuration, else 5432)")
	f.StringVar(&c.ProfileMapping, "profile-mapping", "",
		"regular expression (`regexp`) that identifies the mapping that assigns profiles, by name or target (default "+
			preflight.DefaultProfileMapping+")")
	f.StringVar(&c.ProfileProperty, "profile-property", "",
		"regular expression (`regexp`) that identifies the property that holds the profile (default "+
			preflight.DefaultProfileProperty+")")
	f.StringVar(&c.ConsumerKey, "consumer-key", "",
		"consumer `key` of the connected app, to check its callback URLs with Salesforce")
	f.StringVar(&c.AuthorizeURL, "authorize-url", "",
		"authorization `URL` of Salesforce, where -consumer-key is checked (default "+preflight.DefaultAuthorizeURL+")")
	f.StringVar(&v.callbacks, "callback-urls", "",
		"comma-separated `URLs` that the connected app must allow (default: /connect/ on both servers)")
	f.BoolVar(&v.json, "json", false, "print the result as JSON")
	f.StringVar(&v.u.ReportDir, "report", "",
		"`folder` for the report: report.html, report.txt, report.json and junit.xml")
	f.DurationVar(&v.timeout, "timeout", 0, "stop after this `duration` (default: no limit)")
	v.screen.Add(f)
	return f, v
}

// applyFlags completes the upgrade from flags, files and environment variables. It
// does not prompt: see complete.
func (a *app) applyFlags(v *upgradeFlags, needs []string) error {
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
	if err := v.verify.apply(u); err != nil {
		return err
	}
	if v.callbacks != "" {
		for c := range strings.SplitSeq(v.callbacks, ",") {
			u.Checks.CallbackURLs = append(u.Checks.CallbackURLs, strings.TrimSpace(c))
		}
	}
	if err := v.screen.Check(); err != nil {
		return usagef("%v", err)
	}
	// An earlier version kept its journal there; it is found by the server by now.
	if u.TargetDir == "" && u.ReportDir != "" && exists(filepath.Join(u.ReportDir, "journal.json")) {
		u.StateDir = u.ReportDir
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
		// Mostly both have the same password, and IDC_TRUSTSTORE_PASSWORD
		// serves for both.
		u.Target.TruststorePassword = u.Source.TruststorePassword
	}
	return nil
}

// password reads a password from a file, else from an environment variable. It
// is zero if neither is set.
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

// missingFlags maps the fields of an upgrade to how a user supplies them.
var missingFlags = map[string]struct{ flag, env, prompt string }{
	"SourceDir":                   {"-source-dir", "", ""},
	"TargetDir":                   {"-target-dir", "", ""},
	"Package":                     {"-package", "", ""},
	"Source.Credentials.Password": {"-source-password-file", "IDC_SOURCE_PASSWORD", "Password for %s at the source"},
	"Target.Credentials.Password": {"-target-password-file", "IDC_TARGET_PASSWORD", "Password for %s at the target"},
	"StoresKey":                   {"-passphrase-file", handoverVariable, "Passphrase for the handover file"},
	"KeystorePassword": {"-keystore-password-file", "IDC_KEYSTORE_PASSWORD",
		"Password for the source's keystore"},
}

// complete prompts for missing passwords. Anything else that is missing is a
// usage error, and so is a password without a terminal to prompt on.
func (a *app) complete(ctx context.Context, u *idconnect.Upgrade, missing []*idconnect.MissingError) error {
	for _, m := range missing {
		how, ok := missingFlags[m.Field]
		if !ok {
			return m
		}
		if how.prompt == "" {
			return usagef("step %s needs %s", m.Step, how.flag)
		}
		into, question := &u.KeystorePassword, how.prompt
		switch m.Field {
		case "StoresKey":
			into = &u.StoresKey.Passphrase
		case "Source.Credentials.Password":
			into, question = &u.Source.Credentials.Password, fmt.Sprintf(how.prompt, u.Source.Credentials.Username)
		case "Target.Credentials.Password":
			into, question = &u.Target.Credentials.Password, fmt.Sprintf(how.prompt, u.Target.Credentials.Username)
		}
		p, err := a.tty.Password(ctx, question)
		if errors.Is(err, prompt.ErrNoTerminal) {
			return usagef("step %s needs a password, and there is no terminal to prompt on: set %s or use %s",
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

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// reportDir is the folder of the report: -report, else TARGET.upgrade.
func (v *upgradeFlags) reportDir() string {
	switch {
	case v.u.ReportDir != "":
		return v.u.ReportDir
	case v.u.TargetDir != "":
		return filepath.Clean(v.u.TargetDir) + ".upgrade"
	}
	return ""
}
