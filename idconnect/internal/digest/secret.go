package digest

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// secretNames matches words that the names of secret members are made of.
var secretNames = regexp.MustCompile(`(?i)pass|pwd|secret|token|credential|crypt|private` +
	`|(^|[^a-z])(pin|otp|totp|kba|salt|hash)([^a-z]|$)` +
	`|(api|access|consumer|security|encryption|sym|shared|master|license).?key|keyfile|answer|kbaInfo`)

// SecretName reports whether a member of that name is taken for a secret.
func SecretName(name string) bool { return secretNames.MatchString(name) }

// Encrypted reports whether a value is, or contains, an encrypted or hashed one.
func Encrypted(value []byte) bool {
	return bytes.Contains(value, []byte(`"$crypto"`)) || bytes.Contains(value, []byte(`"$hash"`))
}

// HoldsSecret reports whether a member at any depth of a value in canonical
// form has the name of a secret.
func HoldsSecret(value []byte) bool {
	d := json.NewDecoder(bytes.NewReader(value))
	// A string that is one word and reads like the name of a secret is taken
	// for a name too, which withholds a little more.
	for {
		token, err := d.Token()
		if err != nil {
			return false // the end of the value
		}
		if s, ok := token.(string); ok && SecretName(s) {
			return true
		}
	}
}
