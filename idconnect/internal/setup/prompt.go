package setup

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/idconnect-go/upgrade/keystore"
)

// Prompt is a question of the set-up script and its answer.
type Prompt struct {
	// Pattern is looked for in the line that the script stopped in.
	Pattern *regexp.Regexp
	// Answer is typed, with Enter.
	Answer string
	// Secret: the keystore's password is typed instead, and only while the
	// terminal does not show it.
	Secret bool
}

// DefaultPrompts are what the set-up script of 7.1.6 is said to ask: the data
// source, confirmed with Enter, the keystore's password, and whether to
// overwrite a certificate. The words are assumed; those of the last two are
// keytool's. Anything else, such as whether to trust a certificate, is not
// answered.
func DefaultPrompts() []Prompt {
	return []Prompt{
		{
			Pattern: regexp.MustCompile(
				`(?i)(overwrite|already exists|replace).*(\?|\[no\]|\[n\]|y/n|yes/no)`,
			),
			Answer: "yes",
		},
		{Pattern: regexp.MustCompile(`(?i)store.*password|password.*store`), Secret: true},
		{
			Pattern: regexp.MustCompile(
				`(?i)(postgres|data ?source|database).*[:?>\])]\s*$|(press|hit) (enter|return)`,
			),
		},
	}
}

// A line that stands without an end, and looks like this, waits for somebody.
// The prompts of an OSGi console, which a server in the foreground shows, do
// not.
var (
	looksLikeQuestion = regexp.MustCompile(`[:?>\])]\s*$`)
	osgiConsole       = regexp.MustCompile(`^\s*(->|g!|osgi>)\s*$`)
	asksForEnter      = regexp.MustCompile(`(?i)\?\s*$|(press|hit) (enter|return)`)
)

func isQuestion(line string) bool {
	return looksLikeQuestion.MatchString(line) && !osgiConsole.MatchString(line)
}

// promptFor finds the prompt that a line is. ended says that its line break
// was written: some scripts ask on a line of its own, and most lines are no
// questions.
func promptFor(prompts []Prompt, line string, ended bool) (int, bool) {
	if strings.TrimSpace(line) == "" {
		return 0, false
	}
	for i, p := range prompts {
		switch {
		case !p.Pattern.MatchString(line):
		case p.Secret && !isQuestion(line):
		case ended && !p.Secret && !asksForEnter.MatchString(line):
		default:
			return i, true
		}
	}
	return 0, false
}

// maxTyped: a terminal takes no longer line (1024 bytes on macOS).
const maxTyped = 1000

// typeable says why a password cannot be typed. A control character would
// steer the terminal.
func typeable(p keystore.Password) error {
	text := p.Reveal()
	switch {
	case p.IsZero():
		return errors.New("the script asks for the keystore's password, and none is known")
	case len(text) > maxTyped:
		return errors.New("the keystore's password is too long for a terminal")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("the keystore's password has a control character, which a terminal does not pass on")
	}
	return nil
}
