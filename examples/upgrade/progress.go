package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
)

// progress writes events as plain lines, counts at most twice a second.
type progress struct {
	w    io.Writer
	mu   sync.Mutex
	last time.Time
}

func newProgress(w io.Writer) *progress { return &progress{w: w} }

func (p *progress) event(e idconnect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case idconnect.EventStep:
		fmt.Fprintf(p.w, "%-10s %-8s %s\n", e.Step, e.State, e.Detail)
	case idconnect.EventOutput:
		fmt.Fprintf(p.w, "%-10s | %s\n", e.Step, e.Detail)
	case idconnect.EventProgress:
		if time.Since(p.last) < 500*time.Millisecond {
			return
		}
		p.last = time.Now()
		total := ""
		if e.Total > 0 {
			total = fmt.Sprintf(" of %d", e.Total)
		}
		fmt.Fprintf(p.w, "%-10s %d%s %s\n", e.Step, e.Done, total, e.Detail)
	}
}

func (p *progress) end() {}
