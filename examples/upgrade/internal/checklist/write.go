package checklist

import (
	"fmt"
	"io"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// title of the list.
const title = "Cut-over of Identity Connect 2.1 to 7.1.6"

var decisions = map[string]string{"go": "Go", "no-go": "No-go", "look": "Look first"}

// Blocks lays out the list as text.
func (l *List) Blocks() []report.Block {
	line := func(indent, hang int, tone report.Tone, s string) report.Block {
		return layout.Line(indent, hang, tone, text.Line(s))
	}
	tones := map[string]report.Tone{"go": report.Good, "no-go": report.Bad, "look": report.Care}
	out := []report.Block{
		line(0, 0, report.Strong, title),
		line(0, 0, "", "source  "+l.Site.SourceURL), line(0, 0, "", "target  "+l.Site.TargetURL),
		line(0, 0, tones[l.Decision], decisions[l.Decision]+": "+l.Because+"."),
	}
	for _, u := range l.Unread {
		out = append(out, line(0, 0, report.Care, "not read: "+u))
	}
	n := 0
	for _, s := range l.Sections {
		out = append(out, report.Block{}, line(0, 0, report.Strong, s.Title))
		for _, i := range s.Items {
			n++
			out = append(out, line(2, 9, "", fmt.Sprintf("%s %2d %s", box(i.Done), n, i.Do)))
			for _, how := range i.How {
				out = append(out, line(9, 9, "", how))
			}
			if i.Why != "" {
				out = append(out, line(9, 9, report.Faint, strings.TrimSuffix(i.Why, ".")+"."))
			}
			if i.Seen != "" {
				out = append(out, line(9, 9, report.Faint, "Seen: "+i.Seen+"."))
			}
		}
	}
	return append(out, report.Block{}, line(0, 0, "", ticked))
}

const ticked = "What a journal or a report proves is ticked; the rest is for a person to tick."

func box(done bool) string {
	if done {
		return "[x]"
	}
	return "[ ]"
}

// WriteMarkdown writes the list as Markdown, with boxes to tick.
func (l *List) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n- source: %s\n- target: %s\n\n**%s:** %s.\n", title, mark(l.Site.SourceURL),
		mark(l.Site.TargetURL), decisions[l.Decision], mark(l.Because))
	for _, u := range l.Unread {
		fmt.Fprintf(&b, "\nNot read: %s.\n", mark(u))
	}
	for _, s := range l.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n", s.Title)
		for _, i := range s.Items {
			fmt.Fprintf(&b, "- %s %s\n", box(i.Done), mark(i.Do))
			for _, how := range i.How {
				fmt.Fprintf(&b, "  - %s\n", mark(how))
			}
			if i.Why != "" {
				fmt.Fprintf(&b, "  - *%s.*\n", mark(strings.TrimSuffix(i.Why, ".")))
			}
			if i.Seen != "" {
				fmt.Fprintf(&b, "  - Seen: %s.\n", mark(i.Seen))
			}
		}
	}
	fmt.Fprintf(&b, "\n%s\n", ticked)
	_, err := io.WriteString(w, b.String())
	return err
}

var marks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;",
	"&", "&amp;", "|", `\|`, "#", `\#`)

// mark escapes a text for Markdown.
func mark(s string) string { return marks.Replace(text.Line(s)) }
