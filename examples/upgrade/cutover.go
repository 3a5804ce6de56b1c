package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/build"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/checklist"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/support"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// checklist lists what belongs to the cut-over.
func (a *app) checklist(_ context.Context, v *call) error {
	if err := a.apply(v, nil); err != nil {
		return err
	}
	u, e := &v.Upgrade, evidence.Read(v.StateDir(), v.ReportDir())
	// Without addresses, the site is the one that was upgraded last.
	for _, r := range []*evidence.Report{e.Compared, e.Run} {
		if r != nil && !v.said("source-url") && !v.said("target-url") && r.Source.URL != "" && r.Target.URL != "" {
			u.Source.URL, u.Target.URL = r.Source.URL, r.Target.URL
		}
	}
	l := checklist.Make(checklist.Site{
		Program: a.name(), SourceDir: u.SourceDir, SourceURL: u.Source.URL,
		TargetURL: u.Target.URL, InstanceURL: cmp.Or(u.InstanceURL, u.Source.URL), Callbacks: u.CallbackURLs(),
	}, e)
	switch {
	case v.JSON:
		return a.json(l)
	case v.Markdown:
		return l.WriteMarkdown(a.out)
	}
	return layout.For(a.out, a.env).Write(a.out, l.Blocks())
}

// support writes what is known of the upgrade to one file, without secrets.
func (a *app) support(ctx context.Context, v *call) error {
	var wrong error
	if len(v.Arguments) > 0 && !strings.EqualFold(filepath.Ext(v.Arguments[0]), ".zip") {
		wrong = &command.Mistake{What: v.Arguments[0] + ": its name must end in .zip",
			Hint: "did you mean " + v.Arguments[0] + ".zip?"}
	}
	if err := a.apply(v, nil, wrong); err != nil {
		return err
	}
	u, path := &v.Upgrade, v.Arguments[0]
	info, _ := debug.ReadBuildInfo()
	b := &support.Bundle{
		Version: build.Of(info), Now: time.Now(), Typed: v.Typed(), SourceDir: u.SourceDir, TargetDir: u.TargetDir,
		Evidence: evidence.Read(v.StateDir(), v.ReportDir()), User: idconnect.DefaultUser,
		Secrets: []keystore.Password{u.Source.Credentials.Password, u.Target.Credentials.Password, u.KeystorePassword,
			u.Source.TruststorePassword, u.Target.TruststorePassword, u.StoresKey.Passphrase, u.StoresKey.Identities,
			keystore.NewPassword(u.Checks.ConsumerKey)},
	}
	if err := b.Check(path); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	if p, err := u.Status(ctx); err != nil {
		b.PlanError = err
	} else {
		p = fieldflags.Value(p)
		b.Plan = &p
	}
	if errors.Is(b.PlanError, context.Canceled) {
		return b.PlanError
	}
	names, err := b.Write(path)
	if err != nil {
		return err
	}
	if v.JSON {
		return a.json(map[string]any{"file": path, "holds": names})
	}
	_, err = fmt.Fprintf(a.out, "%s holds %s.\nPasswords and ids were taken out as far as they can be recognised: "+
		"look at it before you send it.\n", path, strings.Join(names, ", "))
	return err
}
