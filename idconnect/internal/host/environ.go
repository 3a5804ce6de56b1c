package host

import (
	"os"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
)

// Environ is the environment for a program that this one starts: its own, without the variables that hold a secret of
// this upgrade, be it behind a user's name, and without those in which a password is given to it.
func (m Machine) Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, value, _ := strings.Cut(e, "=")
		return strings.HasPrefix(name, "IDC_") && strings.HasSuffix(name, "_PASSWORD") ||
			slices.ContainsFunc(m.Secrets, func(s keystore.Password) bool { return holds(value, s.Reveal()) })
	})
}

// holds reports whether a value is a secret, or user:secret, or what a program makes of a file with one.
func holds(value, secret string) bool {
	value, secret = strings.TrimSpace(value), strings.TrimSpace(secret)
	return secret != "" &&
		(value == secret || strings.HasSuffix(value, ":"+secret) || strings.HasSuffix(value, "="+secret))
}
