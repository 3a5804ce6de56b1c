package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

const (
	htmlScale      = 1000           // units of the width of a picture
	htmlVisible    = 6              // units of the smallest part that is drawn
	htmlLateStart  = 0.02           // share of the time before the first step that is explained
	htmlClockLimit = 20 * time.Hour // a longer time is shown with its days
)

// htmlBar is the picture of one collection: of what both servers have, in parts of
// its width, each wide enough to be seen.
type htmlBar struct {
	Name, Words string
	Parts       []htmlPart
}

type htmlPart struct {
	Class, Words string
	X, Width     int
}

// htmlKinds are what records can be, in the order of the parts and of the legend.
var htmlKinds = [...]struct{ class, legend, words string }{
	{"same", "the same", "the same"}, {"missing", "missing from the target", "missing"},
	{"changed", "changed", "changed"}, {"extra", "only in the target", "only in the target"},
	{"other", "more than once or unreadable", "more than once or unreadable"},
}

func htmlBars(collections []verify.CollectionReport) (bars []htmlBar) {
	for i := range collections[:min(htmlRows, len(collections))] {
		if c := &collections[i]; c.Checked {
			bars = append(bars, htmlBarOf(c))
		}
	}
	return bars
}

// htmlLegend are the parts that stand in a bar.
func htmlLegend(bars []htmlBar) (legend []htmlPart) {
	used := map[string]bool{}
	for _, bar := range bars {
		for _, p := range bar.Parts {
			used[p.Class] = true
		}
	}
	for _, kind := range htmlKinds {
		if used[kind.class] {
			legend = append(legend, htmlPart{Class: kind.class, Words: kind.legend})
		}
	}
	return legend
}

func htmlBarOf(c *verify.CollectionReport) htmlBar {
	bar := htmlBar{Name: short(c.Name)}
	counts := [len(htmlKinds)]int64{
		max(c.SourceCount-c.MissingCount-c.ChangedCount-c.DuplicateCount-c.Unreadable, 0),
		c.MissingCount, c.ChangedCount, c.ExtraCount, c.DuplicateCount + c.Unreadable,
	}
	var all int64
	for _, n := range counts {
		all += n
	}
	var words []string
	x, widest := 0, 0
	for i, kind := range htmlKinds {
		if counts[i] == 0 {
			continue
		}
		words = append(words, text.Grouped(counts[i])+" "+kind.words)
		width := max(int(float64(htmlScale)*float64(counts[i])/float64(all)), htmlVisible)
		bar.Parts = append(bar.Parts, htmlPart{Class: kind.class, Width: width})
		if x += width; width > bar.Parts[widest].Width {
			widest = len(bar.Parts) - 1
		}
	}
	if len(bar.Parts) > 0 {
		bar.Parts[widest].Width += htmlScale - x // what the small parts took, and roundings
	}
	x = 0
	for i := range bar.Parts {
		bar.Parts[i].X = x
		x += bar.Parts[i].Width
	}
	if n := c.NotCheckedValues; n > 0 {
		words = append(words, text.Number(n, "encrypted value", "encrypted values")+" not compared")
	}
	if bar.Words = strings.Join(words, ", "); bar.Words == "" {
		bar.Words = "no records"
	}
	return bar
}

// htmlTimeline is the picture of the steps in the time of all runs.
type htmlTimeline struct {
	Steps []htmlStep
	Late  string // time before the first step
	Axis  []string
}

// htmlStep is a step; Took is "" where it is not known when it was performed.
type htmlStep struct {
	*StepResult
	Number   int
	Took     string
	Earlier  string // which run performed it, if not the last
	X, Width int
	Words    string
}

func (v *View) timeline() (out htmlTimeline) {
	began, all := v.began(), v.Took
	several := began.Before(v.Started)
	at := func(t time.Time) int {
		return min(max(int(float64(htmlScale)*float64(t.Sub(began))/float64(all)), 0), htmlScale)
	}
	timed := false
	for i, s := range v.Steps {
		step := htmlStep{StepResult: s, Number: i + 1}
		if from, to := s.span(); !from.IsZero() && !to.IsZero() && all > 0 {
			after := from.Sub(began)
			step.Took = text.Duration(to.Sub(from))
			switch {
			case !several || s.Started == nil || !from.Before(*s.Started):
			case to.Before(v.Started):
				step.Earlier = ", in an earlier run"
			default:
				step.Earlier = ", over several runs"
			}
			step.X = min(at(from), htmlScale-htmlVisible)
			step.Width = min(max(at(to)-step.X, htmlVisible), htmlScale-step.X)
			step.Words = fmt.Sprintf("%s began %s after the start and took %s", short(s.Name),
				text.Duration(max(after, 0)), step.Took)
			if !timed && !several && float64(after) > htmlLateStart*float64(all) {
				out.Late = text.Duration(after)
			}
			timed = true
		}
		out.Steps = append(out.Steps, step)
	}
	if !timed {
		return out
	}
	format := "15:04:05"
	if all > htmlClockLimit {
		format = "2 January, 15:04"
	}
	for _, t := range []time.Time{began, began.Add(all / 2), v.Ended} {
		out.Axis = append(out.Axis, t.In(v.Ended.Location()).Format(format))
	}
	return out
}
