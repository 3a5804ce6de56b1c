package inspect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// fact is something that several checks build on. It is looked at once, by
// whichever asks first; the others wait.
type fact[T any] struct {
	look  func() T
	once  sync.Once
	ended chan struct{}
	value T
}

func newFact[T any](look func() T) *fact[T] {
	return &fact[T]{look: look, ended: make(chan struct{})}
}

// get waits for the fact, or until the context ends: then ok is false.
func (f *fact[T]) get(ctx context.Context) (value T, ok bool) {
	f.once.Do(func() {
		go func() {
			defer close(f.ended)
			f.value = f.look()
		}()
	})
	select {
	case <-f.ended:
		return f.value, true
	case <-ctx.Done():
		return value, false
	}
}

// known is the fact as far as it is known by now.
func (f *fact[T]) known(otherwise T) T {
	select {
	case <-f.ended:
		return f.value
	default:
		return otherwise
	}
}

// checker looks at one thing. It changes nothing, and ends within a second of
// its context.
type checker interface {
	// step is the first chosen one of those for which it is performed.
	check(ctx context.Context, step string) preflight.Findings
}

// entry is one row of the table of checks.
type entry struct {
	// name says what is looked at, for a finding that it took too long.
	name string
	// steps for which it is performed: one of them must be chosen.
	steps []string
	// paths that it reads, which must answer first.
	paths []string
	// slow: it may take slowCheck times as long as others.
	slow bool
	// must: the upgrade cannot do without what is looked at, so that a check
	// that does not end blocks.
	must bool
	checker
}

// paths are the files and folders that checks read. A system call to a drive
// that is gone ends only by itself: each path is touched once, and whoever
// needs it waits for that.
type paths struct {
	touch func(path string)
	asked sync.Map // of facts, by path
}

// reach waits until a path answers, be it by saying that nothing is there.
func (p *paths) reach(ctx context.Context, path string) error {
	if path == "" {
		return nil
	}
	f, _ := p.asked.LoadOrStore(path, newFact(func() (none struct{}) {
		p.touch(path)
		return none
	}))
	if _, ok := f.(*fact[struct{}]).get(ctx); !ok {
		return fmt.Errorf("%s does not answer", path)
	}
	return nil
}

// perform performs a check within its time, and says so when that is over
// before it ends.
func (p *paths) perform(ctx context.Context, c entry, limit time.Duration, step string) preflight.Findings {
	own, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, path := range c.paths {
		if err := p.reach(own, path); err != nil {
			return c.timedOut(ctx, own, step, fmt.Sprintf("%s: %v after %v", c.name, err, limit))
		}
	}
	result := make(chan preflight.Findings, 1)
	go func() { result <- c.check(own, step) }()
	var found preflight.Findings
	select {
	case found = <-result:
	case <-own.Done():
		patience := time.NewTimer(grace)
		defer patience.Stop()
		select {
		case found = <-result:
		case <-patience.C:
		}
	}
	return append(found, c.timedOut(ctx, own, step, fmt.Sprintf("%s: no end of the check after %v", c.name, limit))...)
}

// timedOut is the finding of a check whose own time is over, nil where it is
// not, or where the caller's ended.
func (c entry) timedOut(ctx, own context.Context, step, seen string) preflight.Findings {
	if ctx.Err() != nil || !errors.Is(own.Err(), context.DeadlineExceeded) {
		return nil
	}
	f := codes.CheckTimedOut.Finding(step, "%s", seen)
	if c.must {
		f = f.As(preflight.Blocks)
	}
	return preflight.Findings{f}
}
