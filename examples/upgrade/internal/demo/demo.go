// Package demo shows the whole flow on a temporary site: servers of both generations with real TLS, real files, a
// package whose set-up script asks, and a stand-in for Java. It needs nothing but this program and asks nobody. Begin
// with [Demo].
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Users is how many users the source has unless something else is asked for.
const Users = 1000

// Demo is a demonstration. It changes the current folder and the environment of its process.
type Demo struct {
	Out io.Writer
	Env func(string) string
	// Program is what people type to start the command, and Run is it, without that: it
	// returns its exit code.
	Program string
	Run     func(ctx context.Context, args []string) int

	// Fault is one of [Faults], "" for the flow that succeeds.
	Fault string
	Users int
	// Keep keeps the temporary folder, of which otherwise only the report is kept.
	Keep bool
}

// Faults are the names of the failures that can be shown.
func Faults() []string { return slices.Sorted(maps.Keys(faults)) }

// act is one part of a demonstration.
type act struct {
	title string
	// before happens on the site before the command.
	before  func(context.Context, *site) error
	command string
	want    int // the exit code of the command
}

// acts are those of the flow that succeeds.
var acts = []act{
	{title: "The plan: what is to be done, and is anything in the way?", command: "plan -quiet"},
	{title: "The upgrade: one line for each step", command: "run -yes"},
	{title: "The proof: both servers are compared record by record, at any time", command: "verify -quiet"},
	{title: "Run again: what is done is not done twice", command: "run -yes -quiet"},
	{title: "A difference: somebody deletes a user of 7.1.6", before: deleteUser, command: "verify -quiet", want: 1},
	{title: "Rollback: 7.1.6 is stopped, and everything is as it was", before: stopTarget,
		command: "rollback -remove-added -quiet"},
}

// Play plays the demonstration. Code is that of the failure that is shown, and 0 for the flow that succeeds; an error
// says that it did not go as it should.
func (d Demo) Play(ctx context.Context) (code int, err error) {
	back, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "idc-demo-")
	if err != nil {
		return 0, err
	}
	s := &site{dir: dir, program: d.Program}
	defer func() {
		err = errors.Join(err, os.Chdir(back), s.close(d.Keep))
		switch _, statErr := os.Stat(s.path("report")); {
		case d.Keep:
			d.say(fmt.Sprintf("Everything is kept in %s; the report is report/report.html there.", dir))
		case statErr == nil:
			d.say("The report is kept: " + s.path("report", "report.html"))
		}
	}()
	fault, play := faults[d.Fault], acts
	title := "A demonstration: Identity Connect 2.1 becomes 7.1.6. All of it is temporary."
	if d.Fault != "" {
		play = fault.acts
		title = "A demonstration of a failure: " + fault.about + "."
	}
	d.say(title)
	if err := s.build(d.Fault, d.Users); err != nil {
		return 0, fmt.Errorf("building the demonstration: %w", err)
	}
	d.heading(1, "What is there")
	d.say("$ cd " + dir)
	d.say(fmt.Sprintf("2.1 runs in idc21, with %s. Of 7.1.6 there is %s.", text.Plural(d.Users, "user"), packageName))
	d.say("upgrade.yaml says so, and where the passwords are.")
	for i, a := range play {
		d.heading(i+2, a.title)
		if code, err = d.act(ctx, s, a); err != nil {
			return code, err
		}
	}
	if d.Fault == "" {
		code = 0
	}
	return code, nil
}

func (d Demo) act(ctx context.Context, s *site, a act) (code int, err error) {
	if a.before != nil {
		if err := a.before(ctx, s); err != nil {
			return 0, fmt.Errorf("preparing the demonstration: %w", err)
		}
	}
	if err := s.writeConfig(); err != nil {
		return 0, fmt.Errorf("preparing the demonstration: %w", err)
	}
	d.say("$ " + d.Program + " " + a.command)
	// On a terminal the file is found; what is no terminal has to name it.
	code = d.Run(ctx, append(strings.Fields(a.command), "-config", configName))
	if ctx.Err() != nil {
		return code, ctx.Err()
	}
	if code != 0 {
		d.say(fmt.Sprintf("exit code %d", code))
	}
	if code != a.want {
		return code, fmt.Errorf("the demonstration did not go as it should: %s ended with %d, not %d",
			a.command, code, a.want)
	}
	return code, nil
}

// heading begins an act.
func (d Demo) heading(n int, title string) {
	d.write(report.Strong, fmt.Sprintf("== %d. %s ==", n, title))
}

func (d Demo) say(words string) { d.write("", words) }

func (d Demo) write(tone report.Tone, words string) {
	_ = layout.For(d.Out, d.Env).Write(d.Out, []report.Block{layout.Line(0, 0, tone, words)})
}
