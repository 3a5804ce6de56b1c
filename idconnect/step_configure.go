package idconnect

import "context"

// configureStep tells the target where its source is.
type configureStep struct{ *runner }

func (s configureStep) Done(ctx context.Context) (bool, string, error) {
	return s.requests().ConfigureDone(ctx)
}

func (s configureStep) Apply(ctx context.Context) (string, error) { return s.requests().Configure(ctx) }
