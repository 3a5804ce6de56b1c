package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// engineOptions loads the settings that Temporal's own tools use.
func engineOptions(logger *slog.Logger) (client.Options, error) {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return o, usagef("loading the engine settings: %v", err)
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

// connect connects a command to the engine.
func (a *app) connect(ctx context.Context) (client.Client, error) {
	o, err := engineOptions(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("the engine is not responding at %s: %w; start it, or set TEMPORAL_ADDRESS; "+
			"workers wait for it and go on", address(o), err)
	}
	return c, nil
}

// gone reports whether an error means that the engine is unreachable.
func gone(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
}
