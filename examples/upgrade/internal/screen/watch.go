package screen

import (
	"fmt"
	"io"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Watch returns what shows a migration on w, which is standard output: on a terminal as one line that is written over,
// elsewhere as one line for each look. With -quiet that is the last one. last says that no other look follows.
func (o Options) Watch(w io.Writer, env func(string) string) func(look idconnect.Watched, last bool) error {
	var live *line
	if width := widthOf(w, env); width != nil && !o.Quiet {
		live = &line{w: w, width: width}
	}
	return func(look idconnect.Watched, last bool) error {
		switch parts := watched(look); {
		case live == nil && (last || !o.Quiet):
			_, err := fmt.Fprintf(w, "%s  %s\n", look.Time.Format(time.TimeOnly), join(parts, 1000))
			return err
		case live != nil:
			live.draw(join(parts, max(live.width()-1, 1)))
			if last {
				live.shown = 0
				_, err := fmt.Fprintln(w)
				return err
			}
		}
		return nil
	}
}

// watched describes a look in parts, the most important first.
func watched(w idconnect.Watched) []string {
	phase := string(w.Phase)
	switch {
	case phase == "" && w.Waiting:
		phase = "a run is in progress, the target is not responding yet"
	case phase == "":
		phase = "the target is not responding"
	case w.Waiting:
		phase += ", a run is in progress"
	}
	parts := []string{"migrate: " + phase}
	if w.Down > 0 {
		parts = append(parts, "the target has not responded for "+text.Duration(w.Down.Round(time.Second)))
	}
	switch {
	case w.Processed < 0:
	case w.Total > 0:
		parts = append(parts, fmt.Sprintf("%s of %s (%d%%)", text.Grouped(w.Processed), text.Plural(w.Total, "record"),
			100*w.Processed/w.Total))
	default:
		parts = append(parts, text.Plural(w.Processed, "record"))
	}
	if w.Failed > 0 {
		parts = append(parts, text.Grouped(w.Failed)+" failed")
	}
	return append(parts, pace(w.Rate, w.Left, "records")...)
}
