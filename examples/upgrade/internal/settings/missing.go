package settings

import (
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// Question asks a person for a password that is missing.
type Question struct {
	Text string
	Into *keystore.Password
}

// supply maps the fields of an upgrade to how a person supplies them.
var supply = map[string]struct{ flag, value, env string }{
	"SourceDir":                   {"source-dir", "FOLDER", ""},
	"TargetDir":                   {"target-dir", "FOLDER", ""},
	"Package":                     {"package", "FILE", ""},
	"Source.Credentials.Password": {"source-password-file", "FILE", "IDC_SOURCE_PASSWORD"},
	"Target.Credentials.Password": {"target-password-file", "FILE", "IDC_TARGET_PASSWORD"},
	"StoresKey":                   {"passphrase-file", "FILE", HandoverVariable},
	"KeystorePassword":            {"keystore-password-file", "FILE", "IDC_KEYSTORE_PASSWORD"},
}

// question is how a person is asked for a field, nil for one that is no password.
func (s *Settings) question(field string) *Question {
	u := &s.Upgrade
	switch field {
	case "Source.Credentials.Password":
		return &Question{fmt.Sprintf("Password for %s at the source", u.Source.Credentials.Username),
			&u.Source.Credentials.Password}
	case "Target.Credentials.Password":
		return &Question{fmt.Sprintf("Password for %s at the target", u.Target.Credentials.Username),
			&u.Target.Credentials.Password}
	case "StoresKey":
		return &Question{"Passphrase for the handover file", &u.StoresKey.Passphrase}
	case "KeystorePassword":
		return &Question{"Password for the source's keystore", &u.KeystorePassword}
	}
	return nil
}

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
		how, ok := supply[m.Field]
		if !ok {
			return nil, m
		}
		q := s.question(m.Field)
		switch {
		case given(how.flag):
			continue
		case q != nil && somebody:
			ask = append(ask, *q)
			continue
		}
		step := ""
		if m.Step != "" {
			step = fmt.Sprintf(" (step %s)", m.Step)
		}
		needs = append(needs, "-"+how.flag+step)
		if how.env == "" {
			add = append(add, "-"+how.flag+" "+how.value)
		} else {
			passwords = true
			add = append(add, "-"+how.flag+" "+how.value+" or set "+how.env)
		}
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

// Needed says that a command cannot do without a flag.
func Needed(name, flag, value string) error {
	return mistake(name+" needs -"+flag, "add -"+flag+" "+value)
}
