package idconnect

import (
	"context"
	"errors"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// javaStep only looks: this program installs no Java.
type javaStep struct{ *runner }

func (s javaStep) Done(ctx context.Context) (bool, string, error) {
	if s.targetAnswers(ctx) {
		return true, "the target runs already", nil
	}
	java, err := host.FindJava(ctx, s.JavaHome, s.Machine)
	if err != nil {
		return false, "", err
	}
	return true, fmt.Sprintf("Java %s, %d-bit, %s", java.Version, java.Bits, java.Path), nil
}

func (s javaStep) Apply(ctx context.Context) (string, error) {
	_, detail, err := s.Done(ctx)
	return detail, err
}

// targetAnswers says whether a server speaks at the target's address, ready or
// not.
func (r *runner) targetAnswers(ctx context.Context) bool {
	_, err := r.PingTarget(ctx)
	var answer *openidm.Error
	var untrusted *jvmtrust.Error
	return err == nil || errors.As(err, &answer) || errors.As(err, &untrusted)
}
