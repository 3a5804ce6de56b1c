package idconnect

import (
	"context"

	"github.com/idconnect-go/upgrade/idconnect/report"
)

// configureStep tells the target where its source is.
type configureStep struct{ *runner }

func (configureStep) Name() string        { return StepConfigure }
func (configureStep) Where() report.Where { return report.WhereAny }

func (s configureStep) Done(ctx context.Context) (bool, string, error) {
	return s.requests().ConfigureDone(ctx)
}

func (s configureStep) Apply(ctx context.Context) (string, error) { return s.requests().Configure(ctx) }
