package main

import (
	"fmt"
	"io"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// display writes a line when a step ends, and at each tenth of a step that
// reports progress.
type display struct {
	w     io.Writer
	step  string
	tenth int64
}

func (d *display) event(site string, e idconnect.Event) {
	switch {
	case e.Kind == idconnect.EventStep && e.State != report.Running:
		fmt.Fprintf(d.w, "%s: %s %s\n", site, e.Step, e.State)
	case e.Kind == idconnect.EventProgress && e.Total > 0:
		tenth := 10 * e.Done / e.Total
		if e.Step == d.step && tenth == d.tenth {
			return
		}
		d.step, d.tenth = e.Step, tenth
		fmt.Fprintf(d.w, "%s: %s %d%%\n", site, e.Step, 10*tenth)
	}
}

func (d *display) end(site, outcome string) { fmt.Fprintf(d.w, "%s: %s\n", site, outcome) }
