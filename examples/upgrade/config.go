package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
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
	path, named := c.Config, c.Config != ""
	if !named {
		found, err := siteconfig.Find(".")
		changes := slices.Contains([]string{"run", "import", "rollback"}, c.Command.Name) || c.Write
		switch {
		case err != nil:
			a.note(c, err.Error())
			return nil
		case found == "":
			return nil
		case changes && !a.tty.Interactive():
			a.note(c, fmt.Sprintf("%s in the current folder is not used: there is no terminal; "+
				"to use it, add -config %s", found, found))
			return nil
		}
		path = found
	}
	f, err := siteconfig.Open(path)
	if err != nil && named && c.wrong != nil {
		err = c.wrong // it says so
	}
	if err != nil {
		return &settings.FileError{Err: err}
	}
	if !named && !c.Screen.Quiet {
		a.note(c, "using "+path)
	}
	note, err := c.UseFile(ctx, f, c.Parsed, siteconfig.Reader{Commands: named})
	if note != "" {
		a.note(c, note)
	}
	c.handover = f.Handover
	return err
}

// note tells a person something beside the result.
func (a *app) note(c *call, text string) {
	if c.Screen.Log == "json" {
		return // each line there is an event
	}
	fmt.Fprintf(a.err, "%s: %s\n", a.name(), text)
}

// handoverFile is the FILE of export and import, else that of the site's file.
func (c *call) handoverFile(place func(*siteconfig.Handover) string) (string, error) {
	if len(c.Arguments) > 0 {
		return c.Arguments[0], nil
	}
	if c.handover != nil {
		return place(c.handover), nil
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
	err := initsite.Run(ctx, o)
	var missing *initsite.MissingError
	var refused *initsite.RefusedError
	if errors.As(err, &missing) {
		return &command.Mistake{What: err.Error(), Hint: cmp.Or(missing.Remedy(), "")}
	}
	if errors.As(err, &refused) {
		return usagef("%v", err)
	}
	return err
}
