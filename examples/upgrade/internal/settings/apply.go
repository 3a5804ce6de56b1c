package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// HandoverVariable holds the passphrase of a handover file.
const HandoverVariable = "IDC_HANDOVER_PASSWORD"

// Apply completes the upgrade from flags, files and environment variables, with
// steps unless -steps names others. Where getenv is nil, no password is needed, and
// none is read. It asks nobody. The error names all that is wrong.
func (s *Settings) Apply(getenv func(string) string, steps []string) error {
	u := &s.Upgrade
	if u.Steps = words(s.Steps); u.Steps == nil {
		u.Steps = steps
	}
	u.TruststoreConflict = keystore.Policy(s.Policy)
	var errs []error
	errs = append(errs, s.collections())
	s.Compare.apply(u)
	u.Checks.CallbackURLs = words(s.Callbacks)
	if err := s.Screen.Check(); err != nil {
		errs = append(errs, mistake(err.Error(), "leave one of them out"))
	}
	// An earlier version kept its journal there; it is found by the server by now.
	if u.TargetDir == "" && u.ReportDir != "" {
		if _, err := os.Lstat(filepath.Join(u.ReportDir, "journal.json")); err == nil {
			u.StateDir = u.ReportDir
		}
	}
	if getenv != nil {
		errs = append(errs, s.readPasswords(getenv))
	}
	return command.Join(errs...)
}

func (s *Settings) readPasswords(getenv func(string) string) error {
	u := &s.Upgrade
	var errs []error
	into := siteconfig.Secrets(u)
	for _, p := range s.passwords() {
		if p.place != siteconfig.HandoverPassphrase {
			var err error
			*into[p.place], err = s.password(getenv, p.place)
			errs = append(errs, err)
		}
	}
	if u.StoresFile != "" {
		var err error
		u.StoresKey, err = s.HandoverKey(getenv)
		errs = append(errs, err)
	}
	if u.Target.TruststorePassword.IsZero() && u.Target.Truststore != "" {
		// Mostly both have the same password, and IDC_TRUSTSTORE_PASSWORD
		// serves for both.
		u.Target.TruststorePassword = u.Source.TruststorePassword
	}
	return command.Join(errs...)
}

// apply sets u.
func (c *Compare) apply(u *idconnect.Upgrade) {
	for _, l := range []struct {
		text string
		into *[]string
	}{
		{c.Off, &u.Acceptance.Off}, {c.Accept, &u.Verify.Accept}, {c.PermissionSets, &u.Acceptance.PermissionSets},
		{c.Groups, &u.Acceptance.Groups}, {c.Organizations, &u.Acceptance.Organizations},
	} {
		for _, word := range words(l.text) {
			*l.into = append(*l.into, strings.Trim(word, "/"))
		}
	}
}

// collections sets those to compare, with what is ignored in them.
func (s *Settings) collections() error {
	types, ignored := words(s.Types), words(s.Compare.Ignore)
	if _, err := siteconfig.Collections(types, nil); err != nil {
		return mistake("-types: "+err.Error(), "")
	}
	var errs []error
	for _, word := range ignored {
		if _, err := siteconfig.Collections(types, []string{word}); err != nil {
			errs = append(errs, mistake("-ignore "+err.Error(), "write it as users.lastSync"))
		}
	}
	if errs != nil {
		return command.Join(errs...)
	}
	var err error
	s.Upgrade.Verify.Collections, err = siteconfig.Collections(types, ignored)
	return err
}

// Password reads a password from a file, else from an environment variable. It
// is zero if neither is set.
func Password(getenv func(string) string, file, flagName, envVar string) (keystore.Password, error) {
	if file != "" {
		p, err := keystore.ReadPasswordFile(file)
		if err != nil {
			return p, mistake(flagName+": "+err.Error(), beside(file))
		}
		return p, nil
	}
	if envVar != "" {
		if text := getenv(envVar); text != "" {
			return keystore.NewPassword(text), nil
		}
	}
	return keystore.Password{}, nil
}

// password is [Password], and before the environment what the site's file says.
func (s *Settings) password(getenv func(string) string, place string) (keystore.Password, error) {
	all := s.passwords()
	p := all[slices.IndexFunc(all, func(p password) bool { return p.place == place })]
	if p.file == "" && s.file.secret != nil {
		if secret, err := s.file.secret(place); err != nil || !secret.IsZero() {
			return secret, err
		}
	}
	return Password(getenv, p.file, s.label("-"+siteconfig.SecretFlag(place)), p.env)
}

// HandoverKey reads the key of a handover file from flags, the site's file and the
// environment. It asks nobody.
func (s *Settings) HandoverKey(getenv func(string) string) (k idconnect.HandoverKey, err error) {
	h := &s.Handover
	k.Recipients = h.Recipients
	switch {
	case h.Identity != "" && h.Passphrase != "":
		return k, mistake("-identity-file and -passphrase-file are two keys for one file", "give one of them")
	case len(h.Recipients) > 0 && h.Passphrase != "":
		return k, mistake("-recipient and -passphrase-file are two keys for one file", "give one of them")
	}
	if h.Identity != "" {
		if k.Identities, err = keystore.ReadSecretFile(h.Identity); err != nil {
			return k, mistake("-identity-file: "+err.Error(), beside(h.Identity))
		}
	}
	if len(k.Recipients) == 0 {
		k.Passphrase, err = s.password(getenv, siteconfig.HandoverPassphrase)
	}
	return k, err
}

// words are those of a list with commas, nil of "".
func words(list string) (all []string) {
	if list == "" {
		return nil
	}
	for word := range strings.SplitSeq(list, ",") {
		all = append(all, strings.TrimSpace(word))
	}
	return all
}
