package screen

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/text"
)

// line is a line of a terminal that is written over. A nil one shows nothing.
type line struct {
	w     io.Writer
	width func() int
	shown int // columns
}

// draw writes what fits. The last column stays free: some terminals go on to the next line behind it.
func (l *line) draw(what string) {
	what = layout.Cut(what, max(l.width()-1, 1))
	n := uniseg.StringWidth(what)
	io.WriteString(l.w, "\r"+what+strings.Repeat(" ", max(0, min(l.shown, l.width()-1)-n)))
	l.shown = n
}

func (l *line) clear() {
	if l == nil || l.shown == 0 {
		return
	}
	l.draw("")
	io.WriteString(l.w, "\r")
}

// counts are the parts of what is known of a count, the most important first.
func counts(e idconnect.Event) []string {
	count := func(n int64) string { return text.Plural(n, strings.TrimSuffix(e.Unit, "s")) }
	if e.Unit == "bytes" {
		count = text.Bytes
	}
	if e.Unit == "" {
		return []string{e.Detail}
	}
	done := count(e.Done)
	if e.Total > 0 {
		all := count(e.Total)
		number, unit, _ := strings.Cut(done, " ")
		if e.Unit != "bytes" || strings.HasSuffix(all, " "+unit) {
			done = number
		}
		done += " of " + all
	}
	if e.Step == idconnect.StepVerify && e.Detail != "" {
		done = e.Detail + ": " + done
	}
	parts := []string{done}
	if e.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d%%", 100*e.Done/e.Total))
	}
	return append(parts, pace(e.Rate, e.Left, e.Unit)...)
}

// pace is the time left and a rate, as far as they are known.
func pace(rate float64, left time.Duration, unit string) (parts []string) {
	if rate <= 0 {
		return nil
	}
	if left > 0 {
		parts = append(parts, seconds(max(left, time.Second))+" left")
	}
	if unit == "bytes" {
		return append(parts, text.Bytes(int64(rate))+"/s")
	}
	if rate < 10 {
		return append(parts, fmt.Sprintf("%.1f %s/s", rate, unit))
	}
	return append(parts, text.Grouped(int64(rate))+" "+unit+"/s")
}

// seconds is a time span without fractions.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return text.Duration(d)
}

// join writes as many of the parts as fit into columns, but the first in any case.
func join(parts []string, columns int) string {
	out := parts[0]
	for _, p := range parts[1:] {
		if uniseg.StringWidth(out)+2+uniseg.StringWidth(p) > columns {
			break
		}
		out += ", " + p
	}
	return layout.Cut(out, columns)
}

// barOf is a bar of 22 columns, "" without a total.
func barOf(e idconnect.Event) string {
	if e.Total <= 0 {
		return ""
	}
	n := int(20 * min(e.Done, e.Total) / e.Total)
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", 20-n) + "]"
}
