package settings

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// fromFile is what a site's file has that no flag can hold.
type fromFile struct {
	// origin is where the value of a flag stands in the file.
	origin map[string]string
	secret func(place string) (keystore.Password, error)
}

// label is how a flag is called in a mistake: by its place in the file, if the value
// is from there.
func (s *Settings) label(flag string) string {
	if origin, ok := s.file.origin[strings.TrimPrefix(flag, "-")]; ok {
		return origin
	}
	return flag
}

// FromFile reports whether the value of a flag is that of the site's file.
func (s *Settings) FromFile(flag string) bool {
	_, ok := s.file.origin[flag]
	return ok
}

// FileError says that the file of a site cannot be used, whatever the flags say.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// UseFile sets what the file of a site says and no flag does, as far as the command
// uses it. The note says what is left to another machine.
func (s *Settings) UseFile(
	ctx context.Context, f *siteconfig.File, c *command.Parsed, r siteconfig.Reader,
) (note string, err error) {
	u, err := f.Upgrade()
	if err != nil {
		return "", &FileError{mistake(f.Path+": "+err.Error(), "")}
	}
	if note, err = s.adapt(f, c, u); err != nil {
		return "", &FileError{mistake(f.Path+": "+err.Error(), "")}
	}
	sourceOnly := slices.Equal(u.Steps, []string{idconnect.StepPrepare}) && u.TargetDir == ""
	s.file.origin = map[string]string{}
	var errs []error
	for _, one := range s.ofMachine(f, c, u) {
		ofTarget := strings.HasPrefix(one.Place, "target.")
		if one.Value == "" || !c.Uses(one.Flag) || c.Given(one.Flag) ||
			sourceOnly && ofTarget && (one.Secret || one.Flag == "target-truststore") {
			continue
		}
		s.file.origin[one.Flag] = f.Where(one.Place)
		errs = append(errs, inFile(c.Set(one.Flag, one.Value), one.Flag, f.Where(one.Place)))
	}
	s.Upgrade.Source.TLSName = f.Source.TLSName
	secrets := map[string]*siteconfig.Secret{}
	for _, one := range f.Secrets() {
		flag := siteconfig.SecretFlag(one.Place)
		if c.Uses(flag) && !c.Given(flag) && !(sourceOnly && strings.HasPrefix(one.Place, "target.")) {
			secrets[one.Place] = one.From
			if one.From != nil {
				s.file.origin[flag] = f.Where(one.Place)
			}
		}
	}
	s.file.secret = func(place string) (keystore.Password, error) {
		p, err := r.Read(ctx, secrets[place])
		switch {
		case errors.Is(err, siteconfig.ErrCommands):
			err = mistake(f.Where(place)+": a program is not run for a file that was only found",
				"name the file: add -config "+f.Path)
		case err != nil:
			err = mistake(f.Where(place)+": "+err.Error(), "")
		}
		return p, err
	}
	return note, command.Join(errs...)
}

// adapt makes u what this machine does of the site, where flags override the file.
func (s *Settings) adapt(f *siteconfig.File, c *command.Parsed, u *idconnect.Upgrade) (string, error) {
	for _, one := range []struct {
		flag        string
		into, typed *string
	}{
		{"source-dir", &u.SourceDir, &s.Upgrade.SourceDir}, {"target-dir", &u.TargetDir, &s.Upgrade.TargetDir},
		{"stores-file", &u.StoresFile, &s.Upgrade.StoresFile},
	} {
		if c.Given(one.flag) {
			*one.into = *one.typed
		}
	}
	switch c.Command.Name {
	case "plan", "run", "status", "support":
		if c.Given("steps") {
			u.Steps = words(s.Steps)
		}
	case "verify", "repair":
		u.Steps = []string{idconnect.StepVerify}
	default: // export, import and rollback are each of one machine, checklist is of both
		u.Steps = nil
		return "", nil
	}
	return f.Adapt(u)
}

// ofMachine is what the file says, as this machine has it.
func (s *Settings) ofMachine(f *siteconfig.File, c *command.Parsed, u *idconnect.Upgrade) []siteconfig.Setting {
	all := f.Settings()
	here := map[string]string{"source-dir": u.SourceDir, "target-dir": u.TargetDir, "package": u.Package,
		"steps": strings.Join(u.Steps, ",")}
	for i := range all {
		if value, ok := here[all[i].Flag]; ok {
			all[i].Value = value
		}
	}
	if c.Command.Name == "import" || u.StoresFile == "" {
		return all
	}
	return append(all, siteconfig.Setting{Flag: "stores-file", Place: "handover.target", Value: u.StoresFile})
}

// inFile says a mistake about a flag as one about its place in the file.
func inFile(err error, flag, where string) error {
	var m *command.Mistake
	if !errors.As(err, &m) {
		return err
	}
	said, ok := strings.CutPrefix(m.What, "-"+flag)
	if !ok {
		return mistake(where+": "+m.What, m.Hint)
	}
	return mistake(where+": "+strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(said, ":")), ": "), m.Hint)
}
