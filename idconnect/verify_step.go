package idconnect

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// verify is never done: what was equal yesterday may differ today.
func checkVerify(context.Context, *run) (State, string, error) {
	return ToDo, "both servers are compared record by record", nil
}

func doVerify(ctx context.Context, r *run) (string, error) {
	source, err := r.sourceClient()
	if err != nil {
		return "", err
	}
	target, err := r.targetClient()
	if err != nil {
		return "", err
	}
	options := VerifyOptions{Options: r.u.Verify, Acceptance: r.u.Acceptance}
	if options.StateFile == "" {
		options.StateFile = filepath.Join(r.u.stateDir(), "verify.state")
	}
	options.Progress = func(p verify.Progress) {
		r.emit(Event{Kind: EventProgress, Step: StepVerify, Detail: p.Collection, Done: p.Source, Total: p.Total, Unit: "records"})
		if r.u.Verify.Progress != nil {
			r.u.Verify.Progress(p)
		}
	}
	if options.Keys == nil && (r.u.SourceDir != "" || r.u.StoresFile != "") {
		// Without the keys, values that were encrypted anew are "not
		// checked", which the report says.
		if keys, _, err := r.sourceStores(); err == nil {
			options.Keys = keys
		}
	}
	report, err := Verify(ctx, source, target, options)
	r.verified = report
	if err != nil {
		return "", err
	}
	if !report.Same() {
		return "", ErrDifferences
	}
	return summary(report), nil
}

// summary says in one line what was compared.
func summary(r *verify.Report) string {
	var parts []string
	for _, c := range r.Collections {
		if c.Checked {
			parts = append(parts, fmt.Sprintf("%d %s", c.SourceCount, c.Name))
		} else {
			parts = append(parts, c.Name+" not checked")
		}
	}
	passed := 0
	for _, c := range r.Checks {
		if c.Result == verify.CheckPassed {
			passed++
		}
	}
	if open := len(r.Checks) - passed; len(r.Checks) > 0 {
		parts = append(parts, fmt.Sprintf("%s passed, %d not checked", text.Plural(passed, "acceptance check"), open))
	}
	return "the same on both servers: " + strings.Join(parts, ", ")
}

// Compare is the step verify alone, with the servers, stores and collections
// of u.
func (u *Upgrade) Compare(ctx context.Context) (*verify.Report, error) {
	only := *u
	only.Steps = []string{StepVerify}
	r, err := only.start()
	if err != nil {
		return nil, err
	}
	defer r.close()
	_, err = doVerify(ctx, r)
	return r.verified, err
}
