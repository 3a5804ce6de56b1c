package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// Question asks a person for a password that is missing.
type Question struct {
	Text string
	Into *keystore.Password
}

// password is one of those of an upgrade, and how it is supplied: by the file of a flag
// or of the site, by an environment variable, or by a person.
type password struct {
	place, env, file string // place is that in the site's file
	field, ask       string // of a MissingError
}

func (s *Settings) passwords() []password {
	u, p := &s.Upgrade, &s.Passwords
	return []password{
		{siteconfig.SourcePassword, "IDC_SOURCE_PASSWORD", p.Source,
			"Source.Credentials.Password", "Password for " + u.Source.Credentials.Username + " at the source"},
		{siteconfig.TargetPassword, "IDC_TARGET_PASSWORD", p.Target,
			"Target.Credentials.Password", "Password for " + u.Target.Credentials.Username + " at the target"},
		{siteconfig.KeystorePassword, "IDC_KEYSTORE_PASSWORD", p.Keystore,
			"KeystorePassword", "Password for the source's keystore"},
		{siteconfig.SourceTruststorePassword, "IDC_TRUSTSTORE_PASSWORD", p.Truststore, "", ""},
		{siteconfig.TargetTruststorePassword, "", p.TargetTruststore, "", ""},
		{siteconfig.HandoverPassphrase, HandoverVariable, s.Handover.Passphrase,
			"StoresKey", "Passphrase for the handover file"},
	}
}

// paths are the flags of the other fields that may be missing.
var paths = map[string]string{"SourceDir": "source-dir FOLDER", "TargetDir": "target-dir FOLDER",
	"Package": "package FILE"}

// Missing says which passwords to ask a person for, and what else is missing, all of
// it, for the command of that name. Where nobody can be asked, passwords are that,
// too. given says which flags were typed: what is wrong with them is said already.
func (s *Settings) Missing(
	name string, missing []*idconnect.MissingError, somebody bool, given func(string) bool,
) ([]Question, error) {
	var ask []Question
	var needs, add []string
	var passwords bool
	for _, m := range missing {
		all := s.passwords()
		i := slices.IndexFunc(all, func(p password) bool { return p.field == m.Field })
		typed, ok := paths[m.Field]
		if i >= 0 {
			typed = siteconfig.SecretFlag(all[i].place) + " FILE"
		} else if !ok {
			return nil, m
		}
		flag, _, _ := strings.Cut(typed, " ")
		switch {
		case given(flag):
			continue
		case i >= 0 && somebody:
			ask = append(ask, Question{all[i].ask, siteconfig.Secrets(&s.Upgrade)[all[i].place]})
			continue
		case i >= 0:
			passwords = true
			typed += " or set " + all[i].env
		}
		step := ""
		if m.Step != "" {
			step = fmt.Sprintf(" (step %s)", m.Step)
		}
		needs, add = append(needs, "-"+flag+step), append(add, "-"+typed)
	}
	if len(needs) == 0 {
		return ask, nil
	}
	what := name + " needs " + strings.Join(needs, ", ")
	if passwords {
		what += "; there is no terminal to prompt on"
	}
	return nil, mistake(what, "add "+strings.Join(add, ", "))
}
