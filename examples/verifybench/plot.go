package main

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// bars is the table as a picture of characters: the time of both ways for each
// size, the longer one being 40 wide.
func bars(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		longest := max(l.bare.Seconds, l.verify.Seconds)
		for _, way := range []struct {
			name    string
			seconds float64
		}{{"bare", l.bare.Seconds}, {"verify", l.verify.Seconds}} {
			width := max(int(40*way.seconds/longest+0.5), 1)
			fmt.Fprintf(&b, "%9d %-5s %-6s %s %.3f s\n", l.records, l.pause, way.name, strings.Repeat("█", width),
				way.seconds)
		}
	}
	return b.String()
}

// plotTitle begins every plot.
const plotTitle = "<title>Verify beside a bare download</title>\n"

// plot is an SVG of the same times, as multiples of the bare download, and of the
// memory.
func plot(lines []line) []byte {
	const (
		left, top, high, group = 60, 60, 240, 170
	)
	most := 1.5 // times the bare download fill the height
	for _, l := range lines {
		most = max(most, l.ratio*1.08)
	}
	scale := high / most
	var b bytes.Buffer
	width := left + group*len(lines) + 20
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" `+
		`font-family="sans-serif" font-size="12" role="img">`+"\n", width, top+high+90)
	b.WriteString(plotTitle +
		`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="15">`+
		`Time of <tspan fill="#2f6f9f" font-weight="bold">Verify</tspan>, `+
		`as a multiple of a <tspan fill="#5f7a8f" font-weight="bold">bare download</tspan> of the same pages</text>`+
		"\n", left)
	y := func(ratio float64) float64 { return top + high - ratio*scale }
	for _, r := range []float64{0, 0.5, 1, maxRatio} {
		style := `stroke="#cccccc"`
		if r == maxRatio {
			style = `stroke="#c00000" stroke-dasharray="4 3"`
		}
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" %s/>`, left, width-10, y(r), y(r), style)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", left-6, y(r)+4, r)
	}
	for i, l := range lines {
		x := left + 25 + i*group
		for k, bar := range []struct {
			ratio float64
			fill  string
			text  string
		}{
			{1, "#8aa4b8", fmt.Sprintf("%.2f s", l.bare.Seconds)},
			{l.ratio, "#2f6f9f", fmt.Sprintf("%.2f s", l.verify.Seconds)},
		} {
			fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="55" height="%.1f" fill="%s"/>`,
				x+k*65, y(bar.ratio), top+high-y(bar.ratio), bar.fill)
			fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="middle">%s</text>`+"\n",
				x+k*65+27, y(bar.ratio)-5, html.EscapeString(bar.text))
		}
		for k, text := range []string{
			fmt.Sprintf("%d records", l.records), fmt.Sprintf("server %s a page", l.pause),
			fmt.Sprintf("ratio %.2f", l.ratio), fmt.Sprintf("%.0f MiB of %d", l.verify.MiB, maxMiB),
		} {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", x+60, top+high+20+k*16, text)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
