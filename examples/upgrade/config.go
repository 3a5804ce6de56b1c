package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/initsite"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
)

// useConfig sets what the file of the site says and no flag does: that of -config,
// else the one in the current folder. What changes something needs more than a file
// that was only found, unless a person sees that it was.
//
// The error is a [*settings.FileError] if there is no use in going on.
func (a *app) useConfig(ctx context.Context, c *call) error {
	named := c.Config != ""
	f, err := a.openConfig(c)
	if err != nil && named && c.wrong != nil {
		err = c.wrong // it says so
	}
	var problems yamlfile.Problems
	var mistake *command.Mistake
	if err != nil && !errors.As(err, &problems) && !errors.As(err, &mistake) {
		err = usagef("the description of the site: %v", err)
	}
	if err != nil {
		return &settings.FileError{Err: err}
	}
	if f == nil {
		return nil
	}
	if !named && !c.Screen.Quiet {
		a.note(c, "using "+f.Path)
	}
	note, err := c.UseFile(ctx, f, c.Parsed, siteconfig.Reader{Commands: named})
	if note != "" {
		a.note(c, note)
	}
	c.file = f
	return err
}

// openConfig reads the file of the site; nil is none.
func (a *app) openConfig(c *call) (*siteconfig.File, error) {
	if c.Config != "" {
		return siteconfig.Open(c.Config)
	}
	changes := slices.Contains([]string{"run", "import", "rollback"}, c.Command.Name) || c.Write
	if _, err := os.Stat(siteconfig.FileName); err == nil && changes && !a.tty.Interactive() {
		a.note(c, siteconfig.FileName+" in the current folder is not used: there is no terminal; "+
			"to use it, add -config "+siteconfig.FileName)
		return nil, nil
	}
	f, err := siteconfig.Find(".")
	var untrusted *siteconfig.UntrustedError
	if errors.As(err, &untrusted) {
		a.note(c, err.Error())
		return nil, nil
	}
	return f, err
}

// note tells a person something beside the result.
func (a *app) note(c *call, text string) {
	if c.Screen.Log == "json" {
		return // each line there is an event
	}
	fmt.Fprintf(a.err, "%s: %s\n", a.name(), text)
}

// said reports whether a flag has a value that was typed, or is that of the site's file.
func (c *call) said(flag string) bool { return c.Given(flag) || c.FromFile(flag) }

// handoverFile is the FILE of export and import, else that of the site's file.
func (c *call) handoverFile(place func(*siteconfig.Handover) string) (string, error) {
	if len(c.Arguments) > 0 {
		return c.Arguments[0], nil
	}
	if c.file != nil && c.file.Handover != nil {
		return place(c.file.Handover), nil
	}
	name := c.Command.Name
	return "", &command.Mistake{What: name + " needs FILE",
		Hint: fmt.Sprintf("type %s %s [flags] FILE", c.program.Name, name)}
}

// init writes the file of a site.
func (a *app) init(ctx context.Context, c *call) error {
	o := initsite.Options{
		Path: c.Config, Answers: c.Init, Yes: c.Yes, Replace: c.Replace, Patient: a.tty.Interactive(),
		Ask: a.tty.Line, Out: a.out, Program: a.name(),
	}
	if !o.Patient {
		o.Ask = initsite.Lines(a.in, a.err)
	}
	return initsite.Run(ctx, o)
}
