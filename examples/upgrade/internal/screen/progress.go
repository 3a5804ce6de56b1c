package screen

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

const (
	turn  = 100 * time.Millisecond // of the spinner
	pulse = 10 * time.Second       // between two lines of one step, where lines stay
)

// Progress shows the events of a run on standard error.
type Progress struct {
	options Options
	log     *slog.Logger // nil: lines for people

	mu      sync.Mutex
	w       io.Writer
	line    *line // nil: there is no terminal
	paint   layout.Layout
	now     current
	stop    func() // the spinner, nil while it stands
	spinner int
}

// current is the step that runs.
type current struct {
	step, detail string
	began, said  time.Time
	count        idconnect.Event // the last EventProgress
}

// Progress shows events on w, which is standard error. The caller ends it.
func (o Options) Progress(w io.Writer, env func(string) string) *Progress {
	p := &Progress{options: o, w: w}
	if o.Log != "" {
		p.log = o.logger(w)
	} else if width := widthOf(w, env); width != nil {
		p.line, p.paint = &line{w: w, width: width}, layout.For(w, env)
	}
	return p
}

// Logger is for the requests and decisions of a run, nil unless they are shown.
func (p *Progress) Logger() *slog.Logger {
	switch {
	case p.log != nil:
		return p.log
	case p.options.Verbose:
		h := slog.NewTextHandler(said{p}, &slog.HandlerOptions{
			Level: slog.LevelDebug,
			ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
					return slog.Attr{}
				}
				return a
			},
		})
		return slog.New(beside{h})
	}
	return nil
}

// beside leaves out what [Progress.Event] shows.
type beside struct{ slog.Handler }

func (b beside) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "upgrade event" {
		return nil
	}
	return b.Handler.Handle(ctx, r)
}

func (b beside) WithAttrs(attrs []slog.Attr) slog.Handler { return beside{b.Handler.WithAttrs(attrs)} }
func (b beside) WithGroup(name string) slog.Handler       { return beside{b.Handler.WithGroup(name)} }

// said writes whole lines above the line of the step.
type said struct{ p *Progress }

func (s said) Write(b []byte) (int, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.line.clear()
	words := text.Printable(strings.TrimSuffix(string(b), "\n"))
	return len(b), s.p.paint.Write(s.p.w, []report.Block{layout.Line(0, 2, report.Faint, words)})
}

// Wait shows, on a terminal, that something is under way that has no events.
func (p *Progress) Wait(what, detail string) {
	if p.line == nil || p.options.Quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(idconnect.Event{Step: what})
	p.now.detail = detail
	p.draw()
}

// Event shows an event.
func (p *Progress) Event(e idconnect.Event) {
	if p.log != nil || p.options.Quiet { // what is logged, the SDK logs
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case idconnect.EventStep:
		p.step(e)
	case idconnect.EventProgress:
		p.begin(e)
		p.now.count = e
		p.show()
	case idconnect.EventNotice:
		p.say(e.Step, e.Detail)
	case idconnect.EventOutput:
		if p.begin(e); p.options.Verbose {
			p.say(e.Step, "| "+e.Detail)
		} else {
			p.now.detail, p.now.count = e.Detail, idconnect.Event{}
			p.draw()
		}
	case idconnect.EventFinding:
		if p.options.Verbose {
			p.say(e.Step, fmt.Sprintf("%s: %s: %s", e.Finding.Severity, e.Finding.Code, e.Finding.Seen))
		}
	}
}

// begin takes an event of another step as its beginning: a comparison alone, or a repair, has no other one.
func (p *Progress) begin(e idconnect.Event) {
	if p.now.step != e.Step {
		p.now = current{step: e.Step, began: time.Now(), said: time.Now()}
	}
	if p.line != nil && p.stop == nil {
		p.spin()
	}
}

// step shows that a step begins or ends.
func (p *Progress) step(e idconnect.Event) {
	if e.State == report.Running {
		p.begin(e)
		p.now.detail = e.Detail
		p.draw()
		return
	}
	detail := e.Detail
	if p.now.step == e.Step {
		if took := time.Since(p.now.began); took >= time.Second {
			detail += " (" + text.Duration(took) + ")"
		}
	}
	p.now = current{}
	p.line.clear()
	state := fmt.Sprintf("%-8s", e.State)
	name := fmt.Sprintf("%-10s ", e.Step)
	row := text.Printable(name + state + " " + detail)
	if p.line != nil {
		row = layout.Cut(row, max(p.line.width()-1, 1))
	}
	if rest, whole := strings.CutPrefix(row, name+state); whole {
		row = name + p.paint.Paint(e.State.Tone(), state) + rest
	}
	fmt.Fprintln(p.w, strings.TrimRight(row, " "))
}

// say writes a line that stays.
func (p *Progress) say(step, what string) {
	p.line.clear()
	row := fmt.Sprintf("%-10s %s", step, text.Printable(what))
	_ = p.paint.Write(p.w, []report.Block{layout.Line(0, 11, "", row)})
}

// show shows what was counted: on a terminal at once, elsewhere now and then.
func (p *Progress) show() {
	if p.line != nil {
		p.draw()
		return
	}
	if time.Since(p.now.said) >= pulse {
		p.now.said = time.Now()
		p.say(p.now.step, join(counts(p.now.count), 1000))
	}
}

// draw draws the line of the step that runs.
func (p *Progress) draw() {
	if p.line == nil || p.now.step == "" {
		return
	}
	const spinner = `|/-\`
	head := fmt.Sprintf("%-10s %c ", p.now.step, spinner[p.spinner%len(spinner)])
	room := max(p.line.width()-1-len(head), 1)
	if p.now.count.Unit == "" {
		took := ""
		if d := time.Since(p.now.began); d >= time.Second {
			took = "  " + seconds(d)
		}
		p.line.draw(head + layout.Cut(text.Printable(p.now.detail), max(room-len(took), 1)) + took)
		return
	}
	if bar := barOf(p.now.count); bar != "" && room >= 60 {
		head, room = head+bar+" ", room-len(bar)-1
	}
	p.line.draw(head + join(counts(p.now.count), room))
}

// spin turns the spinner until the end.
func (p *Progress) spin() {
	gone, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(turn)
		defer tick.Stop()
		for {
			select {
			case <-gone:
				return
			case <-tick.C:
				p.mu.Lock()
				p.spinner++
				p.draw()
				p.mu.Unlock()
			}
		}
	}()
	p.stop = func() {
		close(gone)
		<-ended
	}
}

// End takes the line of the step away. Events may follow.
func (p *Progress) End() {
	p.mu.Lock()
	stop := p.stop
	p.stop, p.now = nil, current{}
	p.mu.Unlock()
	if stop != nil {
		stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.clear()
}
