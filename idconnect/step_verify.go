package idconnect

import (
	"context"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
)

// verifyStep compares both servers.
type verifyStep struct{ *runner }

// Done is never true: what was equal yesterday may differ today.
func (verifyStep) Done(context.Context) (bool, string, error) {
	return false, "both servers are compared record by record", nil
}

func (s verifyStep) Apply(ctx context.Context) (string, error) {
	if err := s.outsideSource(s.stateFile()); err != nil {
		return "", err
	}
	source, err := s.SourceClient()
	if err != nil {
		return "", err
	}
	target, err := s.TargetClient()
	if err != nil {
		return "", err
	}
	options := s.compare
	options.StateFile = s.stateFile()
	also := options.Progress
	options.Progress = func(p verify.Progress) {
		s.emit(Event{Kind: EventProgress, Step: StepVerify, Detail: p.Collection,
			Done: p.Source, Total: p.Total, Unit: "records", Rate: p.Rate, Left: p.Left})
		if also != nil {
			also(p)
		}
	}
	if options.Keys == nil && s.SourceAtHand() {
		// Without the keys, values that were encrypted anew are "not
		// checked", which the report says.
		if keys, _, err := s.OpenSource(); err == nil {
			options.Keys = keys
		}
	}
	compared, err := Verify(ctx, source, target, options)
	s.verified = compared
	if err != nil {
		return "", err
	}
	return summary(compared), compared.Verdict().Outcome.Err()
}

// summary says in one line what was compared.
func summary(r *verify.Report) string {
	var parts []string
	for _, c := range r.Collections {
		switch {
		case c.Checked:
			parts = append(parts, text.Grouped(c.SourceCount)+" "+c.Name)
		case !c.Absent:
			parts = append(parts, c.Name+" "+c.Result())
		}
	}
	passed := 0
	for _, c := range r.Checks {
		if c.Result == verify.CheckPassed {
			passed++
		}
	}
	words := "the same on both servers: " + strings.Join(parts, ", ")
	if len(r.Checks) > 0 {
		words += fmt.Sprintf("; %d of %s passed", passed, text.Plural(len(r.Checks), "acceptance check"))
	}
	return words
}

// Compare is the step verify alone, with the servers, stores and collections
// of u.
func (u *Upgrade) Compare(ctx context.Context) (*verify.Report, error) {
	r, err := u.startVerify(ctx)
	if err != nil {
		return nil, err
	}
	defer r.close()
	_, err = verifyStep{r}.Apply(ctx)
	return redact.Value(r.Hide(), r.verified), r.Hide().Error(err)
}
