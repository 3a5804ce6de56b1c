package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/spelling"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/build"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/explain"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
)

// help lists the commands, or the flags of one.
func (a *app) help(_ context.Context, c *call) error {
	if len(c.Arguments) == 0 {
		return c.program.WriteHelp(a.out)
	}
	about := c.program.Find(c.Arguments[0])
	if about == nil {
		return c.program.Unknown(c.Arguments[0])
	}
	return c.program.WriteHelpOf(a.out, about)
}

func (a *app) version(_ context.Context, c *call) error {
	info, _ := debug.ReadBuildInfo()
	v := build.Of(info)
	if c.JSON {
		return a.json(v)
	}
	_, err := fmt.Fprintln(a.out, v)
	return err
}

// explain says what a finding means, or lists all.
func (a *app) explain(_ context.Context, c *call) error {
	page := layout.For(a.out, a.env)
	switch {
	case len(c.Arguments) == 0 && c.JSON:
		return a.json(explain.All())
	case len(c.Arguments) == 0:
		return page.Write(a.out, explain.List())
	}
	f, ok := explain.Of(c.Arguments[0])
	if !ok {
		m := &command.Mistake{What: fmt.Sprintf("explain: unknown code %q", c.Arguments[0]),
			Hint: "for a list of codes, run: " + a.name() + " explain"}
		if like := spelling.Near(c.Arguments[0], explain.Codes()); like != nil {
			m.Hint = "did you mean " + strings.Join(like, " or ") + "?"
		}
		return m
	}
	if c.JSON {
		return a.json(f)
	}
	return page.Write(a.out, f.Blocks())
}

func (a *app) completion(_ context.Context, c *call) error {
	return c.program.WriteCompletion(a.out, c.Arguments[0])
}
