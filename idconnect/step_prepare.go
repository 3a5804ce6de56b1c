package idconnect

import (
	"context"
	"fmt"
)

// prepareStep only looks: the vendor's first task is done in a browser.
type prepareStep struct{ *runner }

func (s prepareStep) Done(ctx context.Context) (bool, string, error) {
	c, err := s.SourceClient()
	if err != nil {
		return false, "", err
	}
	login, err := c.Login(ctx)
	if err != nil {
		return false, "", err
	}
	if !login.IsAdmin() {
		return false, "", fmt.Errorf("%s is not an administrator of the source", login.AuthenticationID)
	}
	return true, "the source answers, and " + login.AuthenticationID + " is an administrator", nil
}

func (s prepareStep) Apply(ctx context.Context) (string, error) {
	_, detail, err := s.Done(ctx)
	return detail, err
}
