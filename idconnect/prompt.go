package idconnect

import (
	"regexp"

	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
)

// Prompt is a question of the set-up script and its answer.
type Prompt struct {
	// Pattern is looked for in the line that the script stopped in.
	Pattern *regexp.Regexp
	// Unless, if it is not nil, is looked for, too: a line that has it is not answered.
	Unless *regexp.Regexp
	// Answer is typed, with Enter.
	Answer string
	// Secret types the keystore's password instead, and only while the terminal does not show it.
	Secret bool
}

// DefaultPrompts are what the set-up script of 7.1.6 is said to ask: the data source, confirmed with Enter, the
// keystore's password, and whether to overwrite a certificate. The words are assumed; those of the last two are
// keytool's, in English, German, French, Japanese and Chinese. Nothing else is answered, such as whether to trust a
// certificate, or to replace data.
func DefaultPrompts() []Prompt {
	var prompts []Prompt
	for _, p := range setup.DefaultPrompts() {
		prompts = append(prompts, Prompt(p))
	}
	return prompts
}

// SetupError says that the set-up script failed, or that the server did not become ready after it. Err says how; it
// holds no secret.
type SetupError struct {
	Err error
}

func (e *SetupError) Error() string { return e.Err.Error() }
func (e *SetupError) Unwrap() error { return e.Err }
