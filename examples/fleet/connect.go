package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// engineOptions are those of the engine's own tools.
func engineOptions(logger *slog.Logger) (client.Options, error) {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return o, usagef("the settings of the engine: %v", err)
	}
	o.DataConverter = flow.DataConverter()
	o.Logger = log.NewStructuredLogger(logger)
	return o, nil
}

func address(o client.Options) string {
	if o.HostPort == "" {
		return client.DefaultHostPort
	}
	return o.HostPort
}

// connect is for the commands that ask the engine something.
func (a *app) connect(ctx context.Context) (client.Client, error) {
	o, err := engineOptions(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("the engine does not answer at %s: %w; start it, or set TEMPORAL_ADDRESS; "+
			"workers wait for it and go on", address(o), err)
	}
	return c, nil
}

// gone says whether an error means that the engine does not answer now.
func gone(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// sleep ends early with the context.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
