// Package settings is what can be set of the command: its commands and their flags
// as one table, and what they set. Begin with [New], [Settings.Program] and
// [Settings.Apply].
package settings

import (
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/demo"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/initsite"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/screen"
	"github.com/idconnect-go/upgrade/idconnect"
)

// Settings are the values of all flags of all commands.
type Settings struct {
	// Upgrade has what goes there as it is. Apply sets the rest of it.
	Upgrade idconnect.Upgrade

	Steps, Types, Policy, Callbacks string

	Passwords Passwords
	Handover  Handover
	Compare   Compare
	Stores    Stores
	Trust     Trust

	// Config is the file of the site, and file what is from there.
	Config string
	file   fromFile
	// Init are the answers for init, and Replace lets it replace a file.
	Init    initsite.Answers
	Replace bool

	// Screen says what is shown.
	Screen  screen.Options
	JSON    bool
	Timeout time.Duration

	Watch    bool          // status
	Interval time.Duration // of Watch
	To       string        // rollback: a step
	Write    bool          // repair: the records
	Yes      bool          // run, repair, init: asks nothing
	Markdown bool          // checklist

	// Of the demonstration: Fault is one of Faults, or "".
	Fault  string
	Faults []string
	Keep   bool
	Users  int
}

// Passwords are the files that hold them.
type Passwords struct {
	Source, Target, Keystore, Truststore, TargetTruststore string
}

// Handover says which key encrypts or decrypts a handover file.
type Handover struct {
	Passphrase, Identity string // files
	Recipients           []string
}

// Compare is what the comparison of the servers is told as a list.
type Compare struct {
	Off, PermissionSets, Groups, Organizations, Ignore, Accept string
}

// Stores are the flags of inspect and compare; B is that of the second store.
type Stores struct {
	Keys                        bool
	Password, PasswordB         string
	KeyPasswords, KeyPasswordsB []string
}

// Trust are the flags of trust.
type Trust struct {
	File, PasswordFile, Host, ChainFile, Connect string
	Save, Alias, Fingerprint                     string
	Add, LegacyTLS                               bool
}

// New returns the defaults.
func New() *Settings {
	s := &Settings{Interval: 2 * time.Second, Users: demo.Users}
	u := &s.Upgrade
	u.Source.URL, u.Target.URL = idconnect.DefaultSourceURL, idconnect.DefaultTargetURL
	u.Source.Credentials.Username, u.Target.Credentials.Username = idconnect.DefaultUser, idconnect.DefaultUser
	u.SettleTime, u.MaxDown = time.Minute, 2*time.Minute
	u.Checks.Timeout = 30 * time.Second
	return s
}

// ReportDir is the folder of the report: -report, else TARGET.upgrade.
func (s *Settings) ReportDir() string {
	if s.Upgrade.ReportDir != "" {
		return s.Upgrade.ReportDir
	}
	if s.Upgrade.TargetDir != "" {
		return filepath.Clean(s.Upgrade.TargetDir) + ".upgrade"
	}
	return ""
}

// StateDir is the folder with the journal: the one of a target's real path, as
// [idconnect.Upgrade] finds it; "" without a target's folder.
func (s *Settings) StateDir() string {
	dir := s.Upgrade.TargetDir
	if dir == "" {
		return ""
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return filepath.Clean(dir) + ".upgrade"
}
